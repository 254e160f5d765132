import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Consent } from '../../src/domain/consent.ts';
import { consentEvent } from '../../src/domain/event.ts';
import { randomIds } from '../../src/lib/ids.ts';
import type { ConsentChange } from '../../src/usecases/consent-rows-port.ts';
import { type GivenStore, givenDraft, givenStore, givenTenant, later, now } from './given-store.ts';

let store: GivenStore;
beforeAll(async () => {
  store = await givenStore();
});
afterAll(() => store.close());

const minute = 60_000;

/** A step of that consent, with the event that tells of it. */
const stepOf = (
  before: Consent,
  change: Partial<Consent>,
  type: 'consent.requested' | 'consent.accepted',
): ConsentChange => {
  const consent = { ...before, ...change, version: before.version + 1, updatedAt: now };
  return { seen: before.version, consent, owed: [], events: [consentEvent(randomIds.uuid(), type, consent)], now };
};

/** A consent that Altinn has had since then. */
const givenConsent = async (tenantId: string, status: 'pending' | 'accepted', requestedAt = now): Promise<string> => {
  const draft = givenDraft();
  await store.createConsent(tenantId, draft, now);
  const found = await store.findConsent(tenantId, draft.id);
  if (!found) throw new Error('no consent');
  const made = await store.changeConsent(tenantId, stepOf(found.consent, { status, requestedAt }, 'consent.requested'));
  expect(made).toBe(true);
  return draft.id;
};

const move = (
  tenantId: string,
  ...moves: Parameters<Parameters<Parameters<typeof store.asTenant>[1]>[0]['feed']['move']>
) => store.asTenant(tenantId, (rows) => rows.feed.move(...moves));

test('what is known of a feed: its place, and since when there are consents that can change', async () => {
  const tenantId = await givenTenant(store);
  expect(await store.feeds.find(tenantId)).toEqual({});
  await givenConsent(tenantId, 'accepted', later(-5 * minute));
  await givenConsent(tenantId, 'accepted', later(-9 * minute));
  await givenConsent(tenantId, 'pending', later(-3 * minute));
  await move(tenantId, { position: later(-2000), nextLink: 'https://altinn/next' });
  const feed = { position: later(-2000), pendingSince: later(-3 * minute), acceptedSince: later(-9 * minute) };
  expect(await store.feeds.find(tenantId)).toEqual({ ...feed, nextLink: 'https://altinn/next' });
  expect(await store.feeds.find(await givenTenant(store))).toEqual({});
});

test('the position never moves back, and the end of a feed is remembered until there is a later one', async () => {
  const tenantId = await givenTenant(store);
  await move(tenantId, { position: later(-1000), readAt: now });
  await move(tenantId, { position: later(-9000), nextLink: 'next' });
  expect(await store.feeds.find(tenantId)).toEqual({ position: later(-1000), readAt: now, nextLink: 'next' });
  await move(tenantId, { readAt: later(-1) });
  expect(await store.feeds.find(tenantId)).toEqual({ position: later(-1000), readAt: now });
});

test('a page and its place are kept together or not at all', async () => {
  const tenantId = await givenTenant(store);
  const trying = store.asTenant(tenantId, async (rows) => {
    await rows.feed.move({ position: now, readAt: now });
    throw new Error('the worker died');
  });
  await expect(trying).rejects.toThrow('the worker died');
  expect(await store.feeds.find(tenantId)).toEqual({});
});

test('a read that failed leaves the place, and the link unless that is to be forgotten', async () => {
  const tenantId = await givenTenant(store);
  await move(tenantId, { position: now, nextLink: 'next' });
  await store.feeds.fail(tenantId, 'altinn-unavailable', false);
  expect(await store.feeds.find(tenantId)).toEqual({ position: now, nextLink: 'next' });
  await store.feeds.fail(tenantId, 'altinn-refused', true);
  expect(await store.feeds.find(tenantId)).toEqual({ position: now });
});

test('feeds share one pace; a turn that lies ahead is kept beside its feed, and used up by the next page', async () => {
  const tenants = await Promise.all(Array.from({ length: 6 }, () => givenTenant(store)));
  const turns = await Promise.all(
    tenants.map((tenantId) => store.feeds.takeTurn(tenantId, now, { everyMs: 100.5, most: 50 })),
  );
  const sorted = turns.map((turn) => turn.getTime() - now.getTime()).sort((one, other) => one - other);
  expect(sorted).toEqual([0, 101, 201, 302, 402, 503]);
  for (const [index, tenantId] of tenants.entries()) {
    const { turnAt } = await store.feeds.find(tenantId);
    expect(turnAt).toEqual(turns[index]?.getTime() === now.getTime() ? undefined : turns[index]);
    await move(tenantId, { readAt: now });
    expect((await store.feeds.find(tenantId)).turnAt).toBeUndefined();
  }
});

test('turns that a wrong clock gave away far ahead hold nobody up', async () => {
  const [wrong, right] = [await givenTenant(store), await givenTenant(store)];
  const pace = { everyMs: 100, most: 50 };
  await store.feeds.takeTurn(wrong, later(60 * minute), pace);
  const ahead = later(10 * minute);
  expect(await store.feeds.takeTurn(right, ahead, pace)).toEqual(ahead);
  expect(await store.feeds.takeTurn(right, ahead, pace)).toEqual(new Date(ahead.getTime() + 100));
});

test('several consents change in one statement; their events have no holes, and a version that was not locked changes none', async () => {
  const tenantId = await givenTenant(store);
  const ids = await Promise.all(Array.from({ length: 5 }, () => givenConsent(tenantId, 'pending')));
  const accept = (consents: readonly Consent[]) =>
    consents.map((consent) => stepOf(consent, { status: 'accepted', consentedAt: now }, 'consent.accepted'));
  await store.asTenant(tenantId, async (rows) => {
    const locked = await rows.consents.lockSome([...ids, randomUUID()]);
    expect(locked.map(({ id }) => id)).toEqual(ids.toSorted());
    const [first, ...others] = accept(locked);
    if (!first) throw new Error('nothing is locked');
    await rows.consents.changeSome([{ ...first, owed: [{ job: 'tidy', due: now, subject: tenantId }] }, ...others]);
  });
  const { items: events } = await store.readEvents(tenantId, 0, 100);
  expect(events.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  const told = events.slice(5).map(({ data }) => (data as { consent: { id: string; version: number } }).consent);
  expect(told.map(({ id, version }) => [id, version])).toEqual(ids.toSorted().map((id) => [id, 3]));
  expect(await store.asOperator((rows) => rows.outbox.isDue('tidy', tenantId, tenantId, now))).toBe(true);

  const stale = store.asTenant(tenantId, async (rows) => {
    const seen = await rows.consents.findSome(ids);
    await rows.consents.changeSome(
      accept(seen.map((consent, index) => (index === 3 ? { ...consent, version: 1 } : consent))),
    );
  });
  await expect(stale).rejects.toMatchObject({ code: 'database-unavailable' });
  expect((await store.readEvents(tenantId, 10, 100)).items).toEqual([]);
});

test('one that moved from Altinn 2 is found by the id it has at Altinn, and one that has not moved is not', async () => {
  const tenantId = await givenTenant(store);
  const [moved, older] = [randomIds.uuid(), randomIds.uuid()];
  for (const id of [moved, older]) await store.createConsent(tenantId, givenDraft({ id, generation: 'altinn2' }), now);
  const [code, other] = [randomUUID(), randomUUID()];
  const found = await store.asTenant(tenantId, async (rows) => {
    await rows.consents.isAtAltinn(moved, code);
    await rows.consents.isAtAltinn(older, other);
    await rows.consents.moveToAltinn3(moved, [{ service: 'skd_4628_210607', metadata: { inntektsaar: '2024' } }]);
    return rows.consents.findSome([code, other]);
  });
  expect(found).toMatchObject([{ id: moved, upstreamId: code, rights: [{ service: 'skd_4628_210607' }] }]);
});

test('another tenant’s consents are neither found nor locked', async () => {
  const [bank, insurer] = [await givenTenant(store), await givenTenant(store)];
  const id = await givenConsent(insurer, 'pending');
  const found = await store.asTenant(bank, async (rows) => [
    await rows.consents.findSome([id]),
    await rows.consents.lockSome([id]),
  ]);
  expect(found).toEqual([[], []]);
});

test('only tenants with something that can change are owed a look, each once', async () => {
  const [idle, bank] = [await givenTenant(store), await givenTenant(store)];
  await givenConsent(bank, 'accepted');
  const owe = () => store.asOperator((rows) => rows.oweFeeds(now));
  await owe();
  expect(await owe()).toBe(0);
  const isOwed = (tenantId: string) =>
    store.asOperator((rows) => rows.outbox.isDue('read-feed', tenantId, tenantId, now));
  expect([await isOwed(idle), await isOwed(bank)]).toEqual([false, true]);
});

test('staleness counts from the last end of a feed, or from when there was something to read, of tenants at work', async () => {
  const own = await givenStore();
  try {
    const [read, unread, quiet, suspended] = await Promise.all(Array.from({ length: 4 }, () => givenTenant(own)));
    if (!read || !unread || !quiet || !suspended) throw new Error('no tenants');
    const before = store;
    store = own;
    expect(await store.feeds.seen(now)).toEqual([]);
    await givenConsent(read, 'pending', later(-50 * minute));
    await move(read, { readAt: later(-minute) });
    await givenConsent(unread, 'pending', later(-5 * minute));
    await givenConsent(unread, 'accepted', later(-500 * minute));
    await givenConsent(quiet, 'accepted', later(-500 * minute));
    await move(quiet, { readAt: later(-30 * minute) });
    await givenConsent(suspended, 'pending', later(-900 * minute));
    await store.asOperator(async (rows) => {
      const tenant = await rows.tenants.find(suspended);
      if (tenant) await rows.tenants.save({ ...tenant, status: 'suspended' });
    });
    const seen = await store.feeds.seen(now);
    store = before;
    expect(seen.sort((one, other) => one.while.localeCompare(other.while))).toEqual([
      { while: 'accepted', tenants: 1, stalestMs: 30 * minute },
      { while: 'pending', tenants: 2, stalestMs: 5 * minute },
    ]);
  } finally {
    await own.close();
  }
});
