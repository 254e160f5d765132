import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { givenTenant, givenTwoStores, later, now } from './given-store.ts';

test('an assertion is spent once, by either of two processes, and forgotten when nobody takes it any more', async () => {
  const { store, other, close } = await givenTwoStores();
  try {
    const [bank, insurer] = [await givenTenant(store), await givenTenant(store)];
    const digest = createHash('sha256').update('jti').digest();
    const spend = (at: typeof other, tenantId: string, expiresAt = later(60_000)) =>
      at.asTenant(tenantId, (rows) => rows.apiKeys.spendAssertion(bank, digest, expiresAt));
    const told = await Promise.all([store, other, store, other].map((one) => spend(one, bank)));
    expect(told.toSorted()).toEqual([false, false, false, true]);
    // Somebody else's is another, though it is called the same.
    expect(await spend(store, insurer, later(3_600_000))).toBe(true);
    // What was rolled back was not spent.
    const failing = store.asTenant(bank, async (rows) => {
      await rows.apiKeys.spendAssertion(insurer, digest, later(60_000));
      throw new Error('the grant failed');
    });
    await expect(failing).rejects.toThrow('the grant failed');
    const once = () => store.asTenant(bank, (rows) => rows.apiKeys.spendAssertion(insurer, digest, later(60_000)));
    expect([await once(), await once()]).toEqual([true, false]);

    const tidied = async (at: Date) => (await store.asOperator((rows) => rows.tidy(at)))['used_assertions'];
    expect(await tidied(now)).toBe(0);
    expect(await tidied(later(10 * 60_000))).toBe(2);
  } finally {
    await close();
  }
});
