import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { registerMetrics } from '../src/metrics.ts';
import { type GivenStore, givenStore, givenTenant, now } from './store/given-store.ts';

const metricsOf = (store: GivenStore) => {
  const registry = new Registry();
  let counts = 0;
  const counting: GivenStore = {
    ...store,
    asOperator: (work) => {
      counts += 1;
      return store.asOperator(work);
    },
  };
  registerMetrics(registry, {
    store: counting,
    clock: { now: () => now },
    role: 'worker',
    pools: () => ({}),
    clients: async () => [],
  });
  return { read: () => registry.metrics(), counts: () => counts };
};

test('however often metrics are read, the outbox is counted once in a while', async () => {
  const store = await givenStore();
  try {
    const tenantId = await givenTenant(store);
    await store.asTenant(tenantId, (rows) => rows.outbox.owe('read-consent', tenantId, now, now));
    const { read, counts } = metricsOf(store);
    const texts = await Promise.all(Array.from({ length: 20 }, read));
    for (const text of [...texts, await read()])
      expect(text).toContain('hub_outbox_rows{job="read-consent",state="due",role="worker"} 1');
    expect(counts()).toBe(1);
  } finally {
    await store.close();
  }
});

test('a database that is away does not keep metrics from being read', async () => {
  const store = await givenStore();
  await store.close();
  expect(await metricsOf(store).read()).toContain('process_cpu_seconds_total');
});
