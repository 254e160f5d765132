import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { type GivenStore, givenDraft, givenStore, givenTenant, later, now } from './given-store.ts';

const day = 24 * 60 * 60 * 1000;

let store: GivenStore;
let login: pg.Client;
beforeAll(async () => {
  store = await givenStore();
  login = new pg.Client({ connectionString: store.database.adminUrl });
  await login.connect();
});
afterAll(async () => {
  await login.end();
  await store.close();
});

type Wish = { resource?: string[]; scope?: string; most?: number; at?: Date };
const askToken = (
  tenantId: string,
  identity: string,
  id: string,
  { resource = [], scope = 's', most = 9, at = now }: Wish = {},
) =>
  store.tokenRow(tenantId, { identity: Buffer.from(identity), clientId: id, scopes: [scope], resource }, id, most, at);
const givenToken = async (tenantId: string, identity: string, id: string, resource: string[] = []) => {
  const row = await askToken(tenantId, identity, id, { resource });
  if (!row) throw new Error('no row');
  return row;
};
const token = { sealed: Buffer.from('x'), expiresAt: later(day), fetchedAt: now, lifeSeconds: 120 };
const id = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

test('a token’s row that nothing was ever fetched for goes after a day', async () => {
  const tenantId = await givenTenant(store);
  await givenToken(tenantId, 'never', id(1));
  const tidied = (at: Date) => store.asOperator(async (rows) => (await rows.tidy(at))['tokens']);
  expect(await tidied(later(day - 1))).toBe(0);
  expect(await tidied(later(day + 1))).toBe(1);
});

test('of a scope’s rows those count that are for a resource, and hold a token or are of this hour', async () => {
  const tenantId = await givenTenant(store);
  await givenToken(tenantId, 'plain', id(2));
  await givenToken(tenantId, 'never', id(3), ['https://one.example']);
  await givenToken(tenantId, 'kept', id(4), ['https://two.example']);
  const lease = (await store.leaseToken(tenantId, id(4), 1000, undefined)) ?? 0;
  await store.keepToken({ tenantId, id: id(4) }, lease, { ...token, expiresAt: later(2 * 3_600_000) });
  const resource = ['https://three.example'];
  /** Is there room for one more beside so many? A row that is made for it gets in the way of later questions, so it goes. */
  const hasRoom = async (scope: string, most: number, at: Date) => {
    const row = await askToken(tenantId, `three ${scope}`, id(7), { resource, scope, most, at });
    await login.query('delete from tokens where id = $1', [id(7)]);
    return row !== undefined;
  };
  expect(await hasRoom('s', 2, later(60_000))).toBe(false);
  expect(await hasRoom('s', 3, later(60_000))).toBe(true);
  expect(await hasRoom('s', 1, later(3_700_000))).toBe(false);
  expect(await hasRoom('s', 2, later(3_700_000))).toBe(true);
  expect(await hasRoom('s', 1, later(2 * 3_600_000))).toBe(true);
  expect(await hasRoom('other', 1, later(60_000))).toBe(true);
  // One that is there already is found however full it is; and one without a resource does not count.
  expect(await askToken(tenantId, 'kept', id(8), { resource, most: 0 })).toMatchObject({ id: id(4) });
  expect(await askToken(tenantId, 'another', id(9), { most: 0 })).toMatchObject({ id: id(9) });
});

test('a token that was refused is forgotten, but not the one that came after it', async () => {
  const tenantId = await givenTenant(store);
  await givenToken(tenantId, 'x', id(5));
  const keep = async (fetchedAt: Date) => {
    const seen = (await store.findToken(tenantId, id(5)))?.fetchedAt;
    const lease = (await store.leaseToken(tenantId, id(5), 1000, seen)) ?? 0;
    expect(await store.keepToken({ tenantId, id: id(5) }, lease, { ...token, fetchedAt })).toBe('kept');
  };
  const drop = (fetchedAt: Date) => store.asTenant(tenantId, (rows) => rows.tokens.drop(id(5), fetchedAt));
  const held = async () => (await store.findToken(tenantId, id(5)))?.sealed !== undefined;
  await keep(now);
  await keep(later(1));
  await drop(now);
  expect(await held()).toBe(true);
  await drop(later(1));
  expect(await held()).toBe(false);
});

test('who saw no token, and comes when another has just fetched one, does not fetch it again', async () => {
  const tenantId = await givenTenant(store);
  const { fetchedAt } = await givenToken(tenantId, 'y', id(6));
  const lease = () => store.leaseToken(tenantId, id(6), 60_000, fetchedAt);
  const first = (await lease()) ?? 0;
  expect(await lease()).toBeUndefined();
  expect(await store.keepToken({ tenantId, id: id(6) }, first, token)).toBe('kept');
  expect(await lease()).toBeUndefined();
});

test('what comes under a lease that has passed on is not kept, and owes no renewal', async () => {
  const tenantId = await givenTenant(store);
  await givenToken(tenantId, 'z', id(10));
  const first = (await store.leaseToken(tenantId, id(10), -1, undefined)) ?? 0;
  const second = (await store.leaseToken(tenantId, id(10), 60_000, undefined)) ?? 0;
  const row = { tenantId, id: id(10) };
  expect(await store.keepToken(row, first, { ...token, renewAt: later(84_000) })).toBe('late');
  await store.failToken(tenantId, id(10), first, { code: 'internal', detail: 'late', mover: 'us' }, later(day));
  expect(await store.findToken(tenantId, id(10))).not.toHaveProperty('failure');
  const owed = async () =>
    (await login.query(`select due_at from outbox where job = 'refresh-token' and subject_id = $1`, [id(10)])).rows;
  expect(await owed()).toEqual([]);
  expect(await store.keepToken(row, second, { ...token, renewAt: later(84_000) })).toBe('kept');
  expect(await owed()).toEqual([{ due_at: later(84_000) }]);
});

test('a token that carries a consent is kept while that is in force, and not after', async () => {
  const tenantId = await givenTenant(store);
  const draft = givenDraft();
  await store.createConsent(tenantId, draft, now);
  const consentId = draft.id;
  await givenToken(tenantId, 'consent', id(11));
  const keep = async () => {
    const seen = (await store.findToken(tenantId, id(11)))?.fetchedAt;
    const lease = (await store.leaseToken(tenantId, id(11), -1, seen)) ?? 0;
    return store.keepToken({ tenantId, id: id(11), consentId }, lease, token);
  };
  expect(await keep()).toBe('ended');
  await login.query(`update consents set status = 'accepted' where id = $1`, [consentId]);
  expect(await keep()).toBe('kept');
  await login.query(`update consents set valid_to = $2 where id = $1`, [consentId, now]);
  expect(await keep()).toBe('ended');
});

test('a token that comes while its tenant is being suspended is not kept', async () => {
  const tenantId = await givenTenant(store);
  await givenToken(tenantId, 'suspended', id(12));
  const lease = (await store.leaseToken(tenantId, id(12), 60_000, undefined)) ?? 0;
  await login.query('begin');
  await login.query(`update tenants set status = 'suspended' where id = $1`, [tenantId]);
  const keeping = store.keepToken({ tenantId, id: id(12) }, lease, { ...token, renewAt: later(84_000) });
  await until('it to wait for the suspension', async () => {
    // Within a transaction the first look would be all that is ever seen.
    await login.query('select pg_stat_clear_snapshot()');
    const waiting = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%keep_token%' and datname = current_database()`;
    return (await login.query(waiting)).rows.length > 0;
  });
  await login.query('commit');
  expect(await keeping).toBe('suspended');
  expect((await store.findToken(tenantId, id(12)))?.sealed).toBeUndefined();
});

test('uses of the same tokens are noted from several sides at once, beside a scope that is dropped', async () => {
  const tenantId = await givenTenant(store);
  const ids = Array.from({ length: 400 }, (_, number) => id(1000 + number));
  for (const one of ids) await givenToken(tenantId, one, one);
  const note = (at: Date, some: readonly string[]) => store.noteUses(some.map((one) => ({ tenantId, id: one, at })));
  const problem = { code: 'access-not-delegated', detail: 'gone' } as never;
  for (let round = 1; round <= 30; round += 1)
    await Promise.all([
      note(later(2 * round), ids),
      note(later(2 * round + 1), ids.slice(0, 100 + 7 * round)),
      note(later(2 * round + 1), ids.slice(10 * round)),
      store.asTenant(tenantId, (rows) => rows.tokens.dropOfScope('s', problem, later(round))),
    ]);
  const seen = await login.query('select count(*)::int as many from tokens where tenant_id = $1 and used_at >= $2', [
    tenantId,
    later(60),
  ]);
  expect(seen.rows).toEqual([{ many: ids.length }]);
});
