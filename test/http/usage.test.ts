import { expect } from 'vitest';
import type { MonthSpan } from '../../src/domain/usage.ts';
import { id } from './given.ts';
import { httpTest } from './http-test.ts';

const addresses = [
  ['/operator/v1/usage', 'reader'],
  [`/operator/v1/tenants/${id}/usage`, 'reader'],
  ['/v1/usage', 'tenant'],
] as const;

httpTest.for(addresses)('%s takes a month, or the first and the last', async ([path, key], { open }) => {
  const asked: MonthSpan[] = [];
  const hub = await open({
    readUsage: async (_, span) => {
      asked.push(span);
      return { items: [] };
    },
    readTenantUsage: async (_, span) => {
      asked.push(span);
      return [];
    },
  });
  for (const query of ['', '?month=2026-02', '?from=2025-12&to=2026-02'])
    expect((await hub.call('GET', `${path}${query}`, { key })).status).toBe(200);
  expect(asked).toEqual([
    { from: '2026-11', to: '2026-11' },
    { from: '2026-02', to: '2026-02' },
    { from: '2025-12', to: '2026-02' },
  ]);
  for (const [query, field] of [
    ['month=2026-13', 'month'],
    ['month=2026-1', 'month'],
    ['month=november', 'month'],
    ['month=2026-11&month=2026-12', 'month'],
    ['month=2026-11&from=2026-10&to=2026-11', 'month'],
    ['from=2026-10', 'to'],
    ['to=2026-10', 'from'],
    ['from=2026-10&to=2026-09', 'to'],
    ['from=2023-10&to=2026-10', 'to'],
    ['tenant=x', 'tenant'],
  ]) {
    const told = await hub.call('GET', `${path}?${query}`, { key });
    expect(told, query).toMatchObject({ status: 422, body: { errors: [{ field }] } });
  }
});
