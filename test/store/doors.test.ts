import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tenantTables } from '../../src/store/check-store.ts';
import { sealedColumns } from '../../src/store/reseal.ts';
import { freshDatabase } from '../support/database.ts';

const bank = '00000000-0000-4000-8000-000000000001';
const insurer = '00000000-0000-4000-8000-000000000002';

let database: Awaited<ReturnType<typeof freshDatabase>>;
let tenantDoor: pg.Client;
let operatorDoor: pg.Client;
let owner: pg.Client;

const through = async (role: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: database.url, options: `-c role=${role}` });
  await client.connect();
  return client;
};

beforeAll(async () => {
  database = await freshDatabase();
  tenantDoor = await through('hub_tenant');
  operatorDoor = await through('hub_operator');
  owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
  for (const [id, orgno] of [
    [bank, '313876144'],
    [insurer, '991825827'],
  ]) {
    await operatorDoor.query(
      `insert into tenants (id, orgno, name, redirect_urls, services, hmac_key_sealed, created_at, updated_at) values ($1, $2, 'x', '{}', '{}', '', now(), now())`,
      [id, orgno],
    );
    await operatorDoor.query('insert into tenant_counters (tenant_id) values ($1)', [id]);
    await operatorDoor.query(
      `insert into outbox (job, tenant_id, subject_id, due_at, created_at) values ('x', $1, gen_random_uuid(), now(), now())`,
      [id],
    );
  }
});

afterAll(async () => {
  await Promise.all([tenantDoor.end(), operatorDoor.end(), owner.end()]);
  await database.drop();
});

const seen = async (client: pg.Client, table: string): Promise<number> =>
  Number((await client.query(`select count(*) from ${table}`)).rows[0].count);

test('every table that has a tenant is behind the doors, and none other claims to be', async () => {
  const { rows } = await owner.query<{ table_name: string }>(
    `select distinct table_name from information_schema.columns where table_schema = 'public' and column_name = 'tenant_id'`,
  );
  expect([...rows.map(({ table_name }) => table_name), 'tenants'].sort()).toEqual([...tenantTables].sort());
});

test('without a tenant the tenants’ door shows nothing, on any table', async () => {
  for (const table of tenantTables) expect([table, await seen(tenantDoor, table)]).toEqual([table, 0]);
});

test('with a tenant it shows that tenant’s rows alone, and forgets the tenant with the transaction', async () => {
  await tenantDoor.query('begin');
  await tenantDoor.query(`select set_config('hub.tenant', $1, true)`, [bank]);
  expect((await tenantDoor.query('select tenant_id from outbox')).rows).toEqual([{ tenant_id: bank }]);
  expect((await tenantDoor.query('select id from tenants')).rows).toEqual([{ id: bank }]);
  await tenantDoor.query('commit');
  expect(await seen(tenantDoor, 'outbox')).toBe(0);
});

test('a row cannot be written for another tenant, nor moved to one', async () => {
  await tenantDoor.query('begin');
  await tenantDoor.query(`select set_config('hub.tenant', $1, true)`, [bank]);
  await tenantDoor.query('savepoint s');
  await expect(
    tenantDoor.query(
      `insert into outbox (job, tenant_id, subject_id, due_at, created_at) values ('x', $1, gen_random_uuid(), now(), now())`,
      [insurer],
    ),
  ).rejects.toThrow(/row-level security/);
  await tenantDoor.query('rollback to s');
  await expect(tenantDoor.query('update outbox set tenant_id = $1', [insurer])).rejects.toThrow(/row-level security/);
  await tenantDoor.query('rollback');
});

test('the role of a connection holds through RESET ROLE', async () => {
  await tenantDoor.query('reset role');
  expect(await seen(tenantDoor, 'tenants')).toBe(0);
});

test('the owner of the tables is no third door', async () => {
  expect(await seen(owner, 'outbox')).toBe(0);
  expect(await seen(operatorDoor, 'outbox')).toBe(2);
});

test('audit and events are append-only through both doors', async () => {
  for (const [table, door] of [
    ['audit', operatorDoor],
    ['audit', tenantDoor],
    ['events', operatorDoor],
    ['events', tenantDoor],
  ] as const)
    for (const change of [`delete from ${table}`, `update ${table} set tenant_id = null`])
      await expect(door.query(change)).rejects.toThrow(
        /permission denied|events go by drop_events alone|rows of audit go with their tenant alone/,
      );
});

test('a tenant cannot see keys of operators or of clients', async () => {
  for (const table of ['operator_keys', 'maskinporten_clients', 'maskinporten_keys', 'known_good', 'leases'])
    await expect(tenantDoor.query(`select 1 from ${table}`)).rejects.toThrow(/permission denied/);
});

test('every sealed column is known to `hub reseal`', async () => {
  const { rows } = await owner.query<{ name: string }>(
    `select table_name || '.' || column_name as name from information_schema.columns where table_schema = 'public' and column_name like '%\\_sealed' and data_type = 'bytea'`,
  );
  expect(sealedColumns.map(({ table, column }) => `${table}.${column}`).sort()).toEqual(
    rows.map(({ name }) => name).sort(),
  );
});
