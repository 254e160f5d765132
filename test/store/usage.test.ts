import { randomUUID } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import { boundsOf, isComplete, monthsIn } from '../../src/domain/usage.ts';
import { givenDeliveries } from './given-deliveries.ts';
import { givenTenant } from './given-store.ts';

const given = await givenDeliveries();
const { store, tenantId } = given;
afterAll(() => given.close());

const at = (time: string) => new Date(`2026-${time}Z`);
const counted = async (from: string, to = from, tenants = [tenantId]) =>
  (await store.countUsage(tenants, boundsOf({ from, to })))
    .map(({ month, what, count }) => `${month} ${what} ${count}`)
    .toSorted();

/** Sends all that is due, and is answered. */
const deliver = async (now: Date) => {
  for (const handOut of await given.claim(now)) await given.answered(handOut, { status: 204 }, now);
};

test('months begin and end at midnight in UTC, and what is dropped stays counted', async () => {
  const neighbour = await givenTenant(store);
  await given.endpoint();
  for (const time of ['10-31T23:59:59.999', '11-01T00:00:00', '11-30T23:59:59.999', '12-01T00:00:00']) {
    await given.events([randomUUID()], at(time));
    await deliver(at(time));
  }
  await given.events([randomUUID()], at('11-15T12:00:00'), neighbour);
  await store.addDataCalls([{ tenantId, month: '2026-11', count: 3 }]);
  await store.addDataCalls([
    { tenantId, month: '2026-11', count: 4 },
    { tenantId: neighbour, month: '2026-11', count: 1 },
  ]);
  const hour = (time: string, count: number) => ({
    tenantId,
    keyId: tenantId,
    scope: 'a:b',
    hour: at(time),
    count,
    lastAt: at(time),
  });
  await store.addTokenCounts([hour('10-31T23:00:00', 1), hour('11-01T00:00:00', 2), hour('11-30T23:00:00', 4)]);

  const october = ['2026-10 consents-accepted 1', '2026-10 tokens 1', '2026-10 webhooks-delivered 1'];
  const november = [
    '2026-11 consents-accepted 2',
    '2026-11 data-calls 7',
    '2026-11 tokens 6',
    '2026-11 webhooks-delivered 2',
  ];
  const december = ['2026-12 consents-accepted 1', '2026-12 webhooks-delivered 1'];
  const whole = [...october, ...november, ...december];
  expect(await counted('2026-10', '2026-12')).toEqual(whole);
  expect(await counted('2026-11')).toEqual(november);
  expect(await counted('2026-11', '2026-11', [neighbour])).toEqual([
    '2026-11 consents-accepted 1',
    '2026-11 data-calls 1',
  ]);

  // Dropped by one and counted by another at the same time, a bite after the other: whoever looks sees all of it.
  const later = new Date('2027-06-01T00:00:00Z');
  const before = new Date('2027-05-01T00:00:00Z');
  for (let bite = 0; bite < 5; bite += 1) {
    const [dropped, seen] = await Promise.all([
      store.asOperator((rows) => rows.oldEvents.drop(tenantId, before, later, 1)),
      counted('2026-10', '2026-12'),
    ]);
    expect(dropped.events).toBe(bite < 4 ? 1 : 0);
    expect(seen).toEqual(whole);
  }
  expect(await given.rows('select 1 from events where tenant_id = $1', [tenantId])).toEqual([]);
  await store.asOperator((rows) => rows.tidy(later));
  expect(await counted('2026-10', '2026-12')).toEqual(whole);
});

test('months are counted on from one to the next, and are over a little after their end', () => {
  expect(monthsIn({ from: '2026-11', to: '2027-02' })).toEqual(['2026-11', '2026-12', '2027-01', '2027-02']);
  expect([isComplete('2026-11', at('12-01T00:05:00')), isComplete('2026-11', at('12-01T00:10:00'))]).toEqual([
    false,
    true,
  ]);
});
