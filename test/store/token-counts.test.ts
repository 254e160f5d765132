import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TokenUseAsk } from '../../src/usecases/use-cases.ts';
import { type GivenStore, givenStore, givenTenant } from './given-store.ts';

let store: GivenStore;
beforeAll(async () => {
  store = await givenStore();
});
afterAll(() => store.close());

const key = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const at = (time: string) => new Date(`2026-${time}:00Z`);

/** Counts as a process brings them; the hour is that of the latest. */
const counted = (tenantId: string, keyId: string, scope: string, time: string, count: number) =>
  store.addTokenCounts([{ tenantId, keyId, scope, hour: at(`${time.slice(0, 8)}:00`), count, lastAt: at(time) }]);
const list = (tenantId: string, ask: TokenUseAsk, limit = 50, cursor?: string) =>
  store.asOperator((rows) => rows.tokenCounts.list(tenantId, ask, { limit, ...(cursor ? { cursor } : {}) }));
const told = async (tenantId: string, ask: TokenUseAsk) =>
  (await list(tenantId, ask)).items.map(({ from, per, scope, tokens }) => [from.toISOString(), per, scope, tokens]);

test('what was handed out is told by hour, day and month, within the time that was asked for', async () => {
  const tenantId = await givenTenant(store);
  await counted(tenantId, key(1), 'a:b', '11-23T09:10', 2);
  await counted(tenantId, key(1), 'a:b', '11-23T09:50', 3);
  await counted(tenantId, key(1), 'a:b', '11-23T10:00', 4);
  await counted(tenantId, key(1), 'c:d', '11-24T00:00', 1);
  await counted(await givenTenant(store), key(9), 'a:b', '11-23T09:10', 99);
  expect(await told(tenantId, { per: 'hour' })).toEqual([
    ['2026-11-23T09:00:00.000Z', 'hour', 'a:b', 5],
    ['2026-11-23T10:00:00.000Z', 'hour', 'a:b', 4],
    ['2026-11-24T00:00:00.000Z', 'hour', 'c:d', 1],
  ]);
  expect(await told(tenantId, { per: 'day' })).toEqual([
    ['2026-11-23T00:00:00.000Z', 'day', 'a:b', 9],
    ['2026-11-24T00:00:00.000Z', 'day', 'c:d', 1],
  ]);
  expect(await told(tenantId, { per: 'month', from: at('11-23T10:00'), to: at('11-24T00:00') })).toEqual([
    ['2026-11-01T00:00:00.000Z', 'month', 'a:b', 4],
  ]);
});

test('pages of any size bring every row once', async () => {
  const tenantId = await givenTenant(store);
  for (const number of [1, 2])
    for (const scope of ['a:b', 'B:c', 'a-b', 'a'])
      for (const time of ['11-23T09:10', '11-23T10:10']) await counted(tenantId, key(number), scope, time, 1);
  const whole = (await list(tenantId, { per: 'hour' })).items;
  expect(whole.length).toBeGreaterThan(12);
  for (const limit of [1, 3, 5]) {
    const pages: unknown[] = [];
    let next: string | undefined;
    do {
      const page = await list(tenantId, { per: 'hour' }, limit, next);
      pages.push(...page.items);
      next = page.next;
    } while (next !== undefined);
    expect(pages).toEqual(whole);
  }
});

test('hours long past become one row for their month, and no token that was counted is lost', async () => {
  const tenantId = await givenTenant(store);
  const tidied = (now: Date) => store.asOperator(async (rows) => (await rows.tidy(now))['token_counts']);
  await tidied(at('12-01T00:00'));
  await counted(tenantId, key(1), 'a:b', '09-30T23:10', 7);
  await counted(tenantId, key(1), 'a:b', '10-01T00:10', 2);
  await counted(tenantId, key(1), 'a:b', '10-31T23:59', 3);
  await counted(tenantId, key(2), 'a:b', '10-31T23:10', 4);
  // Not yet: October ended less than 35 days ago.
  expect(await tidied(at('12-05T23:00'))).toBe(1);
  expect(await tidied(at('12-06T01:00'))).toBe(3);
  const october = { from: at('10-01T00:00'), to: at('11-01T00:00') };
  expect(await told(tenantId, { per: 'hour', ...october })).toEqual([
    ['2026-10-01T00:00:00.000Z', 'month', 'a:b', 5],
    ['2026-10-01T00:00:00.000Z', 'month', 'a:b', 4],
  ]);
  // One that comes late is added in its turn.
  await counted(tenantId, key(1), 'a:b', '10-31T23:59', 10);
  expect(await told(tenantId, { per: 'month', ...october })).toMatchObject([
    ['2026-10-01T00:00:00.000Z', 'month', 'a:b', 15],
    ['2026-10-01T00:00:00.000Z', 'month', 'a:b', 4],
  ]);
  expect(await tidied(at('12-06T02:00'))).toBe(1);
  const all = (await list(tenantId, { per: 'month' })).items;
  expect(all.map(({ tokens }) => tokens)).toEqual([7, 15, 4]);
  expect(all[1]?.lastAt).toEqual(at('10-31T23:59'));
  expect(
    await told(tenantId, { per: 'day', from: new Date('0000-01-01T00:00:00Z'), to: new Date('9999-12-31T00:00:00Z') }),
  ).toHaveLength(3);
});
