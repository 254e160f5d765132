import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { nearMs, spacingMs } from '../../src/domain/renewal-pace.ts';
import { momentsFor } from '../support/moments-for.ts';
import { givenTenant, givenTwoStores, later, now } from './given-store.ts';

const { store, other, close } = await givenTwoStores();
afterAll(close);

const givenClient = async (): Promise<string> => {
  const id = randomUUID();
  const client = { id, name: 'Income', clientId: id, purpose: 'data', scopes: [], keys: [] } as const;
  await store.asOperator((rows) =>
    rows.clients.add({ ...client, scopes: [], keys: [], createdAt: now, updatedAt: now }),
  );
  return id;
};

/** A token of that client that came at `now` and lives for two minutes, and its renewal. */
const givenRenewal = async (clientId: string, dueAt: Date, usedAt: Date | undefined = now) => {
  const tenantId = await givenTenant(store);
  const id = randomUUID();
  await store.tokenRow(tenantId, { identity: Buffer.from(id), clientId, scopes: ['s'], resource: [] }, id, 9, now);
  const lease = (await store.leaseToken(tenantId, id, 1000, undefined)) ?? 0;
  const token = { sealed: Buffer.from('x'), expiresAt: later(120_000), fetchedAt: now, lifeSeconds: 120 };
  await store.keepToken({ tenantId, id }, lease, { ...token, renewAt: dueAt });
  if (usedAt) await store.noteUses([{ tenantId, id, at: usedAt }]);
  return { tenantId, id, was: dueAt };
};

const owedBy = async (clientId: string, usedSince = later(-1)) =>
  (await store.renewals.owed(usedSince)).filter((renewal) => renewal.clientId === clientId);

test('of several processes that ask at once, no two get the same moment, and each moment keeps its distance', async () => {
  const clientId = await givenClient();
  const pace = { now, nearMs: 1000, spacingMs: 5 };
  const taken = await Promise.all(
    Array.from({ length: 60 }, async (_, index) => {
      const { many, fromMs } = await (index % 2 === 0 ? store : other).renewals.takeMoments(
        clientId,
        1 + (index % 3),
        pace,
      );
      return Array.from({ length: many }, (__, place) => fromMs + place * pace.spacingMs);
    }),
  );
  const moments = taken.flat().sort((a, b) => a - b);
  expect(moments).toHaveLength(120);
  for (const [index, moment] of moments.entries()) expect(moment).toBeCloseTo(now.getTime() + index * 5, 2);
});

test('the statement gives away what the rule says, also where moments lie less than a millisecond apart', async () => {
  const asked = fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1, max: 40 }));
  const rates = fc.constantFrom(1, 7, 400, 3000);
  await fc.assert(
    fc.asyncProperty(rates, fc.array(asked, { minLength: 1, maxLength: 6 }), async (mostPerSecond, comes) => {
      const clientId = await givenClient();
      let [pacedUntilMs, nowMs] = [0, now.getTime()];
      for (const [passed, wanted] of comes) {
        nowMs += passed;
        const spacing = spacingMs(mostPerSecond);
        const expected = momentsFor(wanted, { pacedUntilMs, nowMs, mostPerSecond });
        const given = await store.renewals.takeMoments(clientId, wanted, {
          now: new Date(nowMs),
          nearMs,
          spacingMs: spacing,
        });
        // It counts in microseconds: where a moment lies on the very edge, one more or less is given.
        expect(Math.abs(given.many - expected.many)).toBeLessThanOrEqual(1);
        expect(given.fromMs).toBeCloseTo(expected.fromMs, 1);
        pacedUntilMs = given.fromMs + given.many * spacing;
      }
    }),
    { numRuns: 25 },
  );
});

test('moments that a wrong clock gave away far ahead hold nobody up', async () => {
  const clientId = await givenClient();
  const take = (at: Date) => store.renewals.takeMoments(clientId, 1, { now: at, nearMs, spacingMs: 50 });
  expect((await take(later(3_600_000))).many).toBe(1);
  expect(await take(now)).toEqual({ many: 1, fromMs: now.getTime() });
  expect(await take(now)).toEqual({ many: 1, fromMs: now.getTime() + 50 });
});

test('one client’s flood is not another’s, and a client that is gone holds nobody up', async () => {
  const [busy, idle] = [await givenClient(), await givenClient()];
  const pace = { now, nearMs, spacingMs: 50 };
  expect(await store.renewals.takeMoments(busy, 10, pace)).toEqual({ many: 3, fromMs: now.getTime() });
  expect(await store.renewals.takeMoments(busy, 1, pace)).toEqual({ many: 0, fromMs: now.getTime() + 150 });
  expect((await store.renewals.takeMoments(idle, 1, pace)).many).toBe(1);
  expect((await store.renewals.takeMoments(randomUUID(), 4, pace)).many).toBe(4);
});

test('renewals of tokens that are used are looked at, with what says when they must be done', async () => {
  const clientId = await givenClient();
  const { tenantId, id } = await givenRenewal(clientId, later(84_000), later(1000));
  await givenRenewal(clientId, later(84_000), later(-60_000));
  expect(await owedBy(clientId, now)).toEqual([
    {
      tenantId,
      id,
      clientId,
      dueAt: later(84_000),
      lifeSeconds: 120,
      fetchedAt: now,
      expiresAt: later(120_000),
      isOut: false,
    },
  ]);
});

test('renewals are moved where they are still due as they were seen, and not in somebody’s hands', async () => {
  const clientId = await givenClient();
  // Long ago, so that it is claimed before those of other tests.
  const out = await givenRenewal(clientId, later(-1000 * 86_400_000));
  const [due, changed] = [await givenRenewal(clientId, later(1000)), await givenRenewal(clientId, later(2000))];
  const room = { places: 1, share: 1, after: undefined, out: [], young: [] };
  const [handedOut] = (await store.outbox.claim('refresh-token', now, 60_000, room)).handOuts;
  expect(handedOut?.subjectId).toBe(out.id);
  expect(await store.renewals.oldestDueAt(out)).toEqual(out.was);
  expect(await store.renewals.oldestDueAt(due)).not.toEqual(out.was);
  const moves = [out, due, { ...changed, was: later(1999) }].map((move) => ({ ...move, dueAt: later(5000) }));
  expect(await store.renewals.move(moves)).toEqual(new Set([due.id]));
  const places = (await owedBy(clientId)).map(({ id, dueAt, isOut }) => ({ id, dueAt, isOut }));
  expect(places.sort((a, b) => Number(a.dueAt) - Number(b.dueAt))).toEqual([
    { id: out.id, dueAt: out.was, isOut: true },
    { id: changed.id, dueAt: later(2000), isOut: false },
    { id: due.id, dueAt: later(5000), isOut: false },
  ]);
});
