import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { openFeedMetrics } from '../src/feed-metrics.ts';
import { measuredMaskinporten, registerMetrics } from '../src/metrics.ts';
import { openReadMetrics } from '../src/read-metrics.ts';
import type { FeedsSeen } from '../src/usecases/feed-store-port.ts';
import type { ClientWithKeys } from '../src/usecases/memory.ts';
import { openWebhookMetrics } from '../src/webhook-metrics.ts';
import { type GivenStore, givenStore, givenTenant, later, now } from './store/given-store.ts';
import { until } from './support/until.ts';

const metricsOf = (store: GivenStore, clients: ClientWithKeys[] = []) => {
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
    clients: async () => clients,
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

test('each certificate of a client has a line of its own, and so has each key', async () => {
  const store = await givenStore();
  await store.close();
  const key = (id: string, seconds: number, more: object = {}) =>
    ({
      id,
      state: 'active',
      certificateChain: [] as string[],
      createdAt: now,
      expiresAt: later(seconds * 1000),
      ...more,
    }) as const;
  const keys = [key('id-1', 60), key('id-2', 90), key('id-3', 120, { kid: 'k-3' })];
  const client = { id: 'x', name: 'Income', clientId: 'x', purpose: 'data', scopes: [], probes: 0 } as const;
  const shown = { ...client, scopes: [], keys, createdAt: now, updatedAt: now } as ClientWithKeys;
  const told = (await metricsOf(store, [shown]).read())
    .split('\n')
    .filter((line) => line.includes('key_expires_seconds{'));
  expect(told).toEqual([
    'hub_maskinporten_key_expires_seconds{client="Income",kid="id-1",role="worker"} 60',
    'hub_maskinporten_key_expires_seconds{client="Income",kid="id-2",role="worker"} 90',
    'hub_maskinporten_key_expires_seconds{client="Income",kid="k-3",role="worker"} 120',
  ]);
});

test('requests to Maskinporten are counted by client and outcome, its clock shows once it is known', async () => {
  const registry = new Registry();
  let state: { breaker: { isOpen: boolean }; clockOffsetMs?: number } = { breaker: { isOpen: false } };
  let isReadable = true;
  const clients = async () => {
    if (!isReadable) throw new Error('the database is away');
    return [{ clientId: 'c-1', name: 'Income' }];
  };
  const { ask } = measuredMaskinporten(registry, clients, (onAnswer) => ({
    state: () => state,
    ask: (outcome: string, seconds: number) => onAnswer({ clientId: 'c-1', outcome, seconds }),
  }));
  ask('issued', 0.04);
  ask('issued', 0.3);
  ask('access-not-delegated', 0.2);
  await until('three to be counted', async () =>
    (await registry.metrics()).includes('_seconds_count{client="Income",outcome="access-not-delegated"} 1'),
  );
  isReadable = false;
  ask('issued', 0.1);
  const before = await until('the fourth to be counted', async () => {
    const text = await registry.metrics();
    return text.includes('_seconds_count{client="c-1",outcome="issued"} 1') && text;
  });
  for (const line of [
    'hub_maskinporten_requests_total{client="Income",outcome="issued"} 2',
    'hub_maskinporten_requests_total{client="Income",outcome="access-not-delegated"} 1',
    'hub_maskinporten_requests_total{client="c-1",outcome="issued"} 1',
    'hub_maskinporten_request_seconds_bucket{le="0.05",client="Income",outcome="issued"} 1',
    'hub_maskinporten_request_seconds_count{client="Income",outcome="issued"} 2',
    'hub_maskinporten_breaker_open 0',
  ])
    expect(before).toContain(line);
  expect(before).not.toMatch(/^hub_maskinporten_clock_offset_seconds/m);
  state = { breaker: { isOpen: true }, clockOffsetMs: -61_500 };
  const after = await registry.metrics();
  expect(after).toContain('hub_maskinporten_breaker_open 1');
  expect(after).toContain('hub_maskinporten_clock_offset_seconds -61.5');
});

test('how stale feeds are is asked once in a while, told by what is awaited, and left out while nobody knows', async () => {
  const registry = new Registry();
  let looks = 0;
  let seen: FeedsSeen[] | undefined = [
    { while: 'pending', tenants: 3, stalestMs: 90_000 },
    { while: 'accepted', tenants: 40, stalestMs: 2_000_000 },
  ];
  const feeds = {
    seen: async () => {
      looks += 1;
      if (!seen) throw new Error('the database is away');
      return seen;
    },
  };
  const { read, failed } = openFeedMetrics(registry, { feeds, clock: { now: () => now } });
  read(0);
  read(2);
  failed('altinn-unavailable');
  const texts = await Promise.all([registry.metrics(), registry.metrics()]);
  for (const line of [
    'hub_feed_staleness_seconds{while="pending"} 90',
    'hub_feed_staleness_seconds{while="accepted"} 2000',
    'hub_feed_tenants{while="pending"} 3',
    'hub_feed_pages_total{outcome="read"} 2',
    'hub_feed_pages_total{outcome="altinn-unavailable"} 1',
    'hub_feed_changes_total 2',
  ])
    for (const text of texts) expect(text).toContain(line);
  expect(looks).toBe(1);
  seen = undefined;
  const other = new Registry();
  openFeedMetrics(other, { feeds, clock: { now: () => now } });
  expect(await other.metrics()).not.toMatch(/^hub_feed_staleness_seconds\{/m);
});

test('reads of consents are counted by what they are for, and how far they are behind shows without a tenant', async () => {
  const registry = new Registry();
  let isAway = false;
  const readsAhead = async () => {
    if (isAway) throw new Error('the database is away');
    return { tenantMs: 55_000, hubMs: 20 };
  };
  const { consentRead } = openReadMetrics(registry, { store: { readsAhead }, clock: { now: () => now } });
  for (const why of ['pace', 'pace', 'return'] as const) consentRead(why);
  const told = await registry.metrics();
  for (const line of [
    'hub_consent_reads_total{why="pace"} 2',
    'hub_consent_reads_total{why="return"} 1',
    'hub_consent_reads_total{why="end"} 0',
    'hub_consent_reads_behind_seconds{budget="tenant"} 55',
    'hub_consent_reads_behind_seconds{budget="hub"} 0.02',
  ])
    expect(told).toContain(line);
  isAway = true;
  const fresh = new Registry();
  openReadMetrics(fresh, { store: { readsAhead }, clock: { now: () => now } });
  expect(await fresh.metrics()).not.toMatch(/^hub_consent_reads_behind_seconds\{/m);
});

test('webhooks: what came of each try, and how endpoints stand, without a tenant and left out while nobody knows', async () => {
  const registry = new Registry();
  let isAway = false;
  const endpointsSeen = async () => {
    if (isAway) throw new Error('the database is away');
    return [{ state: 'failing' as const, endpoints: 2, pending: 700, held: 0, oldestSeconds: 5400 }];
  };
  const { tried } = openWebhookMetrics(registry, { store: { endpointsSeen }, clock: { now: () => now } });
  for (const outcome of ['delivered', 'delivered', 'failed', 'gone'] as const) tried(outcome, 300);
  const told = await registry.metrics();
  for (const line of [
    'hub_webhook_tries_total{outcome="delivered"} 2',
    'hub_webhook_tries_total{outcome="failed"} 1',
    'hub_webhook_tries_total{outcome="gone"} 1',
    'hub_webhook_tries_total{outcome="given-up"} 0',
    'hub_webhook_try_seconds_bucket{le="0.5"} 4',
    'hub_webhook_endpoints{state="failing"} 2',
    'hub_webhook_deliveries{endpoint="failing",status="pending"} 700',
    'hub_webhook_oldest_pending_seconds{endpoint="failing"} 5400',
  ])
    expect(told).toContain(line);
  isAway = true;
  const fresh = new Registry();
  openWebhookMetrics(fresh, { store: { endpointsSeen }, clock: { now: () => now } });
  expect(await fresh.metrics()).not.toMatch(/^hub_webhook_(endpoints|deliveries|oldest)\S*\{/m);
});
