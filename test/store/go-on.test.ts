import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GivenStore, givenStore, givenTenant, later, now } from './given-store.ts';

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

const refused = JSON.stringify({ code: 'key-refused', detail: 'x', mover: 'operator' });

/** An access row for these scopes that waits for our client, with work on it that failed. */
const givenWaiting = async (tenantId: string, name: string): Promise<string> => {
  const id = randomUUID();
  await login.query(
    `insert into access (tenant_id, id, kind, name, state, problem, since) values ($1, $2, 'scope', $3, 'missing', $4, $5)`,
    [tenantId, id, name, refused, now],
  );
  await login.query(
    `insert into outbox (job, tenant_id, subject_id, due_at, created_at, last_problem) values ('probe-access', $1, $2, $3, $4, 'key-refused')`,
    [tenantId, id, later(3_600_000), now],
  );
  return id;
};
const dueNow = async (): Promise<string[]> =>
  (await login.query<{ id: string }>('select subject_id as id from outbox where due_at <= $1', [later(1000)])).rows
    .map(({ id }) => id)
    .sort();
const goOn = (scopes: string[], purpose = 'data') =>
  store.asOperator((rows) => rows.outbox.goOn({ id: randomUUID(), purpose, scopes }, ['key-refused'], now, 50));

test('with a client goes on what waited for it, several scopes in one token too, and nothing of another client', async () => {
  const tenantId = await givenTenant(store);
  const both = await givenWaiting(tenantId, 'a b');
  const one = await givenWaiting(tenantId, 'a');
  await givenWaiting(tenantId, 'a c');
  await givenWaiting(tenantId, 'c');
  await goOn(['b', 'a']);
  expect(await dueNow()).toEqual([both, one].sort());
});

test('tenants’ feeds go on with the client for consents, and with no other', async () => {
  const tenantId = await givenTenant(store);
  await login.query(
    `insert into outbox (job, tenant_id, subject_id, due_at, created_at, last_problem) values ('read-feed', $1, $1, $2, $3, 'key-refused')`,
    [tenantId, later(3_600_000), now],
  );
  await goOn(['consents']);
  expect(await dueNow()).not.toContain(tenantId);
  await goOn(['consents'], 'consents');
  expect(await dueNow()).toContain(tenantId);
});

test('access to several scopes that is lost takes the tokens that carry them all', async () => {
  const tenantId = await givenTenant(store);
  const given = async (scopes: string[]) => {
    const spec = { identity: Buffer.from(scopes.join()), clientId: randomUUID(), scopes, resource: [] };
    const row = await store.tokenRow(tenantId, spec, randomUUID(), 9, now);
    return row?.id ?? '';
  };
  const ids = [await given(['a', 'b']), await given(['a']), await given(['a', 'b', 'c'])];
  const problem = { code: 'access-not-delegated', detail: 'x', mover: 'tenant' } as const;
  await store.asTenant(tenantId, (rows) => rows.tokens.dropOfScope('a b', problem, later(1000)));
  const failed = await Promise.all(ids.map(async (id) => Boolean((await store.findToken(tenantId, id))?.failure)));
  expect(failed).toEqual([true, false, true]);
});
