import { afterAll, expect, test } from 'vitest';
import type { Consent } from '../../src/domain/consent.ts';
import { type ReadBudget, readLanes, turnIsNearMs } from '../../src/domain/read-turns.ts';
import { openHeap } from '../../src/lib/heap.ts';
import type { OpenStore } from '../../src/store/open-store.ts';
import { givenDraft, givenTenant, givenTwoStores, later, now } from './given-store.ts';

const { store, other, close } = await givenTwoStores();
afterAll(close);

type Asked = { tenantId: string; id: string };
const second = 1000;

const givenConsents = async (many: number, tenantId?: string): Promise<Asked[]> => {
  const whose = tenantId ?? (await givenTenant(store));
  return Promise.all(
    Array.from({ length: many }, async () => {
      const draft = givenDraft();
      await store.createConsent(whose, draft, now);
      return { tenantId: whose, id: draft.id };
    }),
  );
};

const young = (at: Date) => ({ status: 'pending', createdAt: at }) as Consent;
const accepted = { status: 'accepted', createdAt: now } as Consent;

/** A day of its own for each test: what was taken in the hub's lane before is long past. */
let days = 0;
const anotherDay = (): Date => {
  days += 1;
  return later(days * 86_400_000);
};

type Turn = { at: Date; budget: ReadBudget; consent?: Consent; atOnce?: boolean; through?: OpenStore };
const take = ({ tenantId, id }: Asked, { at, budget, consent = young(at), atOnce = false, through = store }: Turn) => {
  const lanes = readLanes(consent, at, budget);
  return through.takeReadTurns(tenantId, id, { now: at, nearMs: turnIsNearMs, lanes, atOnce });
};

/**
 * Time passes as fast as can be: each comes when it was told to, is read when it may be, and comes again `pauseMs` later.
 * Answers when each was read.
 */
const readsOf = async (
  asked: readonly (Asked & { pauseMs?: number; consent?: Consent })[],
  budget: ReadBudget,
  { from, lastMs }: { from: Date; lastMs: number },
) => {
  const reads = new Map<string, number[]>(asked.map(({ id }) => [id, []]));
  const coming = openHeap<{ at: number; one: (typeof asked)[number] }>((a, b) => a.at < b.at);
  for (const [index, one] of asked.entries()) coming.push({ at: from.getTime() + index, one });
  for (let next = coming.pop(); next && next.at < from.getTime() + lastMs; next = coming.pop()) {
    const { at, one } = next;
    const consent = one.consent ?? young(new Date(at));
    const again = await take(one, { at: new Date(at), budget, consent });
    if (!again) reads.get(one.id)?.push(at);
    coming.push({ at: again?.getTime() ?? at + (one.pauseMs ?? 5 * second), one });
  }
  return reads;
};

/** The most in any second. */
const mostASecond = (moments: readonly number[]): number => {
  const sorted = [...moments].sort((a, b) => a - b);
  let first = 0;
  return sorted.reduce((most, moment, index) => {
    while ((sorted[first] ?? moment) <= moment - second) first += 1;
    return Math.max(most, index - first + 1);
  }, 0);
};

const pausesOf = (moments: readonly number[]): number[] =>
  moments.slice(1).map((moment, index) => moment - (moments[index] ?? 0));

test('three hundred young consents of one tenant are each read about once a minute, and none is left out', async () => {
  const asked = await givenConsents(300);
  const [quiet] = (await givenConsents(1)) as [Asked];
  const from = anotherDay();
  const budget = { perTenant: 5, perSecond: 50 };
  const reads = await readsOf([...asked, quiet], budget, { from, lastMs: 150 * second });
  const crowd = asked.map(({ id }) => reads.get(id) ?? []);
  for (const moments of crowd) {
    expect(moments.length).toBeGreaterThanOrEqual(2);
    for (const pause of pausesOf(moments)) expect(Math.abs(pause - 60 * second)).toBeLessThan(second);
  }
  expect(mostASecond(crowd.flat())).toBeLessThanOrEqual(6);
  expect(crowd.flat().length).toBeGreaterThan(0.98 * 5 * 150);
  // Somebody else's one is read as if there were nobody else.
  for (const pause of pausesOf(reads.get(quiet.id) ?? [])) expect(pause).toBe(5 * second);
  expect(await store.readsAhead(new Date(from.getTime() + 150 * second))).toMatchObject({
    tenantMs: expect.closeTo(55 * second, -3.5),
  });
});

test('both budgets hold in every second, and none of many tenants is left behind', async () => {
  const tenants = await Promise.all(Array.from({ length: 6 }, () => givenConsents(12)));
  const budget = { perTenant: 4, perSecond: 10 };
  const reads = await readsOf(tenants.flat(), budget, { from: anotherDay(), lastMs: 60 * second });
  expect(mostASecond([...reads.values()].flat())).toBeLessThanOrEqual(11);
  expect([...reads.values()].flat().length).toBeGreaterThan(0.95 * 10 * 60);
  const each = tenants.map((asked) => asked.flatMap(({ id }) => reads.get(id) ?? []));
  for (const moments of each) {
    // A fourth more while it catches up with what the hub's lane held up.
    expect(mostASecond(moments)).toBeLessThanOrEqual(6);
    expect(moments.length).toBeGreaterThan(0.8 * 100);
  }
});

test('of several processes that ask at once, no two get the same turn', async () => {
  const asked = await givenConsents(60);
  const at = anotherDay();
  const budget = { perTenant: 20, perSecond: 50 };
  const moments = await Promise.all(
    asked.map((one, index) => take(one, { at, budget, through: index % 2 === 0 ? store : other })),
  );
  const after = moments.map((moment) => (moment?.getTime() ?? at.getTime()) - at.getTime()).sort((a, b) => a - b);
  expect(after).toEqual(asked.map((_, index) => index * 50));
});

test('who comes before its turn, twice or after a crash takes no second one; after a read it takes another', async () => {
  const [first, one] = (await givenConsents(2)) as [Asked, Asked];
  const at = anotherDay();
  const after = (ms: number) => new Date(at.getTime() + ms);
  const budget = { perTenant: 1, perSecond: 50 };
  expect(await take(first, { at, budget })).toBeUndefined();
  for (const ms of [0, 1, 700, 979]) expect(await take(one, { at: after(ms), budget })).toEqual(after(1000));
  expect(await take(one, { at: after(1000), budget })).toBeUndefined();
  expect(await take(one, { at: after(1000), budget })).toEqual(after(2000));
});

test('who is in a hurry never waits, and others wait for it', async () => {
  const asked = await givenConsents(4);
  const [one, two, three, four] = asked as [Asked, Asked, Asked, Asked];
  const at = anotherDay();
  const after = (ms: number) => new Date(at.getTime() + ms);
  const budget = { perTenant: 1, perSecond: 50 };
  expect(await take(one, { at, budget })).toBeUndefined();
  expect(await take(two, { at, budget })).toEqual(after(1000));
  // It has its turn already, and goes before its time.
  expect(await take(two, { at, budget, atOnce: true })).toBeUndefined();
  expect(await take(three, { at, budget, atOnce: true })).toBeUndefined();
  expect(await take(four, { at, budget })).toEqual(after(3000));
});

test('however many have settled down, half of the budget is left to the young', async () => {
  const tenantId = await givenTenant(store);
  const crowd = (await givenConsents(200, tenantId)).map((one) => ({ ...one, consent: accepted, pauseMs: 5 * second }));
  const few = await givenConsents(10, tenantId);
  const budget = { perTenant: 5, perSecond: 50 };
  const reads = await readsOf([...crowd, ...few], budget, { from: anotherDay(), lastMs: 60 * second });
  for (const { id } of few) for (const pause of pausesOf(reads.get(id) ?? [])) expect(pause).toBeLessThan(7 * second);
  expect(crowd.flatMap(({ id }) => reads.get(id) ?? []).length).toBeGreaterThan(0.9 * 2.5 * 60);
});

test('nobody takes turns with another tenant’s consent', async () => {
  const [one] = (await givenConsents(1)) as [Asked];
  const at = anotherDay();
  const stranger = { tenantId: await givenTenant(store), id: one.id };
  expect(await take(stranger, { at, budget: { perTenant: 1, perSecond: 1 } })).toBeUndefined();
  expect(await take(one, { at, budget: { perTenant: 1, perSecond: 1 } })).toBeUndefined();
});
