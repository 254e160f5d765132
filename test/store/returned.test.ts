import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GivenStore, givenDraft, givenStore, givenTenant, later, now } from './given-store.ts';

let store: GivenStore;
beforeAll(async () => {
  store = await givenStore();
});
afterAll(() => store.close());

test('a browser that comes back again and again is noted every two seconds, or once for each look', async () => {
  const tenantId = await givenTenant(store);
  const draft = givenDraft();
  await store.createConsent(tenantId, draft, now);
  const returned = (ms: number) => store.asTenant(tenantId, (rows) => rows.consents.returned(draft.id, later(ms)));
  expect(await returned(0)).toBe(true);
  expect(await Promise.all([returned(1), returned(500), returned(1999)])).toEqual([false, false, false]);
  expect(await returned(2000)).toBe(true);
  await store.asTenant(tenantId, (rows) => rows.consents.looked(draft.id, later(2100)));
  // What the look saw may be older than what the person has answered since.
  expect(await returned(2200)).toBe(true);
  expect(await returned(2300)).toBe(false);
});

test('an unknown state leads nowhere', async () => {
  expect(await store.callbackState(Buffer.from('unknown'))).toBeUndefined();
});
