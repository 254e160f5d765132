import { expect } from 'vitest';
import { httpTest } from './http-test.ts';

const times = (count: number, call: () => Promise<{ status: number }>) =>
  Promise.all(Array.from({ length: count }, async () => (await call()).status));

httpTest('a key over its limit is told when to come back', async ({ open }) => {
  const hub = await open({}, { limits: { perKeyPerSecond: 3, perTenantPerSecond: 100 } });
  const statuses = await times(10, () => hub.call('GET', '/v1/me', { key: 'tenant' }));
  expect(statuses).toContain(429);
  const told = await hub.call('GET', '/v1/me', { key: 'tenant' });
  expect(told).toMatchObject({ status: 429, body: { type: '/problems/too-many-requests' } });
  expect(Number(told.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect(await hub.call('GET', '/v1/services', { key: 'tenant-data:read' })).toMatchObject({ status: 200 });
});

httpTest('all keys of a tenant together have a limit', async ({ open }) => {
  const hub = await open({}, { limits: { perKeyPerSecond: 100, perTenantPerSecond: 3 } });
  await times(4, () => hub.call('GET', '/v1/me', { key: 'tenant' }));
  expect(await hub.call('GET', '/v1/me', { key: 'tenant-data:read' })).toMatchObject({ status: 429 });
  expect(await hub.call('GET', '/operator/v1/tenants', { key: 'reader' })).toMatchObject({ status: 200 });
});

httpTest('whoever guesses keys is slowed down, and keys that were good before keep working', async ({ open }) => {
  let looked = 0;
  const hub = await open({
    identifyOperator: async (key) => {
      looked += 1;
      return key === 'good' ? { kind: 'operator', keyId: 'k', keyName: 'k', role: 'reader' } : undefined;
    },
  });
  await hub.call('GET', '/operator/v1/tenants', { key: 'good' });
  for (let guess = 0; guess < 40; guess += 1) await hub.call('GET', '/operator/v1/tenants', { key: `guess-${guess}` });
  expect(looked).toBeLessThan(35);
  const told = await hub.call('GET', '/operator/v1/tenants', { key: 'one-more' });
  expect(told).toMatchObject({ status: 429, body: { type: '/problems/too-many-requests' } });
  expect(await hub.call('GET', '/operator/v1/tenants', { key: 'good' })).toMatchObject({ status: 200 });
});
