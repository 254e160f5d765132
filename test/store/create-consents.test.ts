import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GivenStore, givenDraft, givenStore, givenTenant, now } from './given-store.ts';

let store: GivenStore;
beforeAll(async () => {
  store = await givenStore();
});
afterAll(() => store.close());

test('a consent that the database does not take fails alone, whoever shares its call', async () => {
  const tenantId = await givenTenant(store);
  const create = (change = {}) => store.createConsent(tenantId, givenDraft(change), now);
  // The first is under way when the others come, so these share the next call.
  const outcomes = await Promise.allSettled([
    create(),
    create(),
    create({ reference: 'no text may hold \u0000' }),
    create({ idempotency: { key: 'k', bodyHmac: Buffer.from('x') } }),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  expect((await store.asTenant(tenantId, (rows) => rows.consents.list({}, { limit: 10 }))).items).toHaveLength(3);
});

test('a database that is away fails all of them once', async () => {
  const other = await givenStore();
  const tenantId = await givenTenant(other);
  await other.close();
  const outcomes = await Promise.allSettled([1, 2, 3].map(() => other.createConsent(tenantId, givenDraft(), now)));
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
});

test('of several tenants that share a call, only what is at fault fails, and each sees its own', async () => {
  const tenants = await Promise.all(Array.from({ length: 12 }, () => givenTenant(store)));
  const [spoiler = ''] = tenants;
  const outcomes = await Promise.allSettled(
    [...tenants, ...tenants].map((tenantId, place) =>
      store.createConsent(
        tenantId,
        givenDraft(tenantId === spoiler && place > 0 ? { reference: 'no text may hold \u0000' } : {}),
        now,
      ),
    ),
  );
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1);
  for (const tenantId of tenants) {
    const { items } = await store.asTenant(tenantId, (rows) => rows.consents.list({}, { limit: 10 }));
    expect(items.map((consent) => consent.tenantId)).toEqual(Array(tenantId === spoiler ? 1 : 2).fill(tenantId));
  }
});

test('many at once with the same keys in another order lead to one consent a key, and wait for nobody for long', async () => {
  const other = await givenStore();
  try {
    const tenants = await Promise.all(Array.from({ length: 6 }, () => givenTenant(other)));
    const keys = ['a', 'b', 'c', 'd'];
    const asks = tenants.flatMap((tenantId) => keys.map((key) => ({ tenantId, key })));
    const ask = (from: GivenStore, { tenantId, key }: (typeof asks)[number]) =>
      from.createConsent(tenantId, givenDraft({ idempotency: { key, bodyHmac: Buffer.from('x') } }), now);
    const outcomes = await Promise.all([
      ...asks.map((one) => ask(other, one)),
      ...[...asks].reverse().map((one) => ask(other, one)),
      ...asks.map((one) => ask(other, one)),
    ]);
    expect(outcomes.filter(({ outcome }) => outcome === 'created')).toHaveLength(asks.length);
    expect(new Set(outcomes.map(({ consentId }) => consentId)).size).toBe(asks.length);
  } finally {
    await other.close();
  }
});
