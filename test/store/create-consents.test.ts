import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GivenStore, givenDraft, givenStore, givenTenant, now } from './given-store.ts';

let store: GivenStore;
beforeAll(async () => {
  store = await givenStore();
});
afterAll(() => store.close());

const route = 'POST /v1/consents';

test('a consent that the database does not take fails alone, whoever shares its statement', async () => {
  const tenantId = await givenTenant(store);
  const create = (change = {}) => store.createConsent(tenantId, route, givenDraft(change), now);
  // The first is under way when the others come, so these share the next statement.
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
  const outcomes = await Promise.allSettled(
    [1, 2, 3].map(() => other.createConsent(tenantId, route, givenDraft(), now)),
  );
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
});
