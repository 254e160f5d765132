import { expect, test } from 'vitest';
import { Problem } from '../../src/domain/problem.ts';
import { networkOf } from '../../src/http/limits.ts';
import { until } from '../support/until.ts';
import { httpTest } from './http-test.ts';

test.each([
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8:1:2::6', '2001:db8:1:2'],
  ['2001:db8::3:4:5:6', '2001:db8:0:0'],
  ['2001:db8::6', '2001:db8:0:0'],
  ['2001:db8:1::3:4:5:6', '2001:db8:1:0'],
  ['2001:db8:1:0:3:4:5:6', '2001:db8:1:0'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['192.0.2.1', '192.0.2.1'],
  ['', ''],
])('all addresses of an IPv6 network are counted as one, however they are shortened: %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

const times = <T>(count: number, call: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, call));
/** So many calls at a time, however slow the machine, until one is refused; no more are let through than the limit says. */
const untilRefused = async <T extends { status: number }>(
  { count, many, seconds = 1 }: { count: number; many: number; seconds?: number },
  call: () => Promise<T>,
): Promise<T> => {
  const began = performance.now();
  let passed = 0;
  const refused = await until('one to be refused', async () => {
    const told = await times(count, call);
    passed += told.filter(({ status }) => status !== 429).length;
    return told.find(({ status }) => status === 429);
  });
  const spans = Math.ceil((performance.now() - began) / (seconds * 1000));
  expect(passed).toBeLessThanOrEqual(many * (spans + 1));
  return refused;
};

httpTest('a key over its limit is told when to come back', async ({ open }) => {
  const hub = await open({}, { limits: { perKeyPerSecond: 3, perTenantPerSecond: 100 } });
  const told = await untilRefused({ count: 10, many: 3 }, () => hub.call('GET', '/v1/me', { key: 'tenant' }));
  expect(told).toMatchObject({ status: 429, body: { type: '/problems/too-many-requests' } });
  expect(Number(told.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect(await hub.call('GET', '/v1/services', { key: 'tenant-data:read' })).toMatchObject({ status: 200 });
});

httpTest('all keys of a tenant together have a limit', async ({ open }) => {
  const hub = await open({}, { limits: { perKeyPerSecond: 100, perTenantPerSecond: 3 } });
  let by = 0;
  const keys = ['tenant', 'tenant-data:read', 'tenant-consents:read', 'tenant-events:read'];
  // Each of them a few times, and far from its own limit.
  const told = await untilRefused({ count: 12, many: 3 }, () =>
    hub.call('GET', '/v1/me', { key: keys[by++ % keys.length] ?? '' }),
  );
  const detail = expect.stringContaining('of this tenant');
  expect(told).toMatchObject({ body: { type: '/problems/too-many-requests', detail } });
  expect(await hub.call('GET', '/operator/v1/tenants', { key: 'reader' })).toMatchObject({ status: 200 });
});

httpTest(
  'whoever shows keys that do not fit locks nobody out, from whatever address they all seem to come',
  async ({ open }) => {
    const hub = await open();
    const strangers = await times(200, () => hub.call('GET', '/v1/me', { key: 'made-up' }));
    expect(new Set(strangers.map(({ status }) => status))).toEqual(new Set([401]));
    // Never seen by this process before.
    expect(await hub.call('GET', '/v1/me', { key: 'tenant' })).toMatchObject({ status: 200 });
    expect(await hub.call('GET', '/operator/v1/tenants', { key: 'reader' })).toMatchObject({ status: 200 });
  },
);

httpTest('while too many strange keys are looked up, a caller is told when to come back', async ({ open }) => {
  const hub = await open({
    identifyTenant: () => Promise.reject(new Problem('too-busy', 'Too many keys', { retryAfterSeconds: 1 })),
  });
  const told = await hub.call('GET', '/v1/me', { key: 'tenant' });
  expect(told).toMatchObject({ status: 503, body: { type: '/problems/too-busy', mover: 'time' } });
  expect(told.headers.get('retry-after')).toBe('1');
});

httpTest('an address asks for keys of archives only so often', async ({ open }) => {
  const hub = await open();
  const path = '/archive-keys/0193627c-9c3e-7d1a-b0a4-6f8f2a1c5e77';
  expect(await hub.call('GET', path)).toMatchObject({ status: 404 });
  const told = await untilRefused({ count: 70, many: 50, seconds: 5 }, () => hub.call('GET', path));
  expect(told).toMatchObject({ body: { type: '/problems/too-many-requests' } });
});
