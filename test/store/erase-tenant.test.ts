import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tenantTables } from '../../src/store/check-store.ts';
import { type GivenStore, givenStore, givenTenant, later, now } from './given-store.ts';

let store: GivenStore;
let admin: pg.Client;
beforeAll(async () => {
  store = await givenStore();
  admin = new pg.Client({ connectionString: store.database.adminUrl });
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await store.close();
});

/** A value of any type a column may have, unlike any other where that can be. */
const someOf = (type: string, enumOf: string | null): string => {
  if (enumOf !== null) return `'${enumOf}'::${type}`;
  if (type.endsWith('[]')) return `'{}'::${type}`;
  const text = `gen_random_uuid()::text`;
  const known: Record<string, string> = {
    bytea: `convert_to(${text}, 'UTF8')`,
    jsonb: `'{}'::jsonb`,
    boolean: 'true',
    text,
  };
  const plain = { uuid: 'gen_random_uuid()', integer: '1', bigint: '(random() * 1e9)::bigint' };
  return (
    { ...known, ...plain }[type] ??
    (type.startsWith('timestamp') || type === 'date' ? `'2026-11-24T12:00:00Z'::${type}` : `'1'::${type}`)
  );
};

/** A few rows of each tenant in every table that has tenants, whatever its columns mean. */
const fillAll = async (tenants: string[]): Promise<void> => {
  const { rows: checks } = await admin.query<{ text: string }>(
    `select format('alter table %s drop constraint %I', conrelid::regclass, conname) as text from pg_constraint
     where contype = 'c' and connamespace = 'public'::regnamespace and conrelid <> 'tenants'::regclass`,
  );
  for (const { text } of checks) await admin.query(text);
  for (const table of tenantTables) {
    if (table === 'tenants' || table === 'tenant_counters') continue;
    const { rows: columns } = await admin.query<{ name: string; type: string; enum: string | null }>(
      `select attname as name, format_type(atttypid, atttypmod) as type,
         (select enumlabel from pg_enum where enumtypid = atttypid order by enumsortorder limit 1) as enum
       from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''`,
      [table],
    );
    // A table whose key is the tenant itself holds one row of each.
    for (const tenant of tenants)
      for (const _ of [1, 2, 3])
        await admin.query(
          `insert into "${table}" (${columns.map(({ name }) => `"${name}"`).join(', ')})
           values (${columns.map(({ name, type, enum: of }) => (name === 'tenant_id' ? `'${tenant}'` : someOf(type, of))).join(', ')})
           on conflict do nothing`,
        );
  }
};

const countsOf = (tenant: string) => store.asOperator((rows) => rows.leaving.count(tenant));

test('before it has left and its time has come nothing of a tenant goes; then all of it does, in every table, and of no other', async () => {
  const [bank, insurer] = [await givenTenant(store), await givenTenant(store)];
  await fillAll([bank, insurer]);
  const [ofBank, ofInsurer] = [await countsOf(bank), await countsOf(insurer)];
  for (const table of tenantTables) expect([table, ofBank[table]]).not.toEqual([table, 0]);
  expect(Object.keys(ofBank)).toEqual([...tenantTables]);

  const eraseSome = (at: Date) => store.asOperator((rows) => rows.leaving.eraseSome(bank, at, 4));
  await expect(eraseSome(later(10))).rejects.toThrow('has not left');
  await store.asOperator((rows) => rows.leaving.begin(bank, now, later(2000)));
  await expect(eraseSome(later(3000))).rejects.toThrow('has not left');
  await store.asOperator((rows) => rows.leaving.finish(bank, later(1000)));
  await expect(eraseSome(later(1999))).rejects.toThrow('its time has not come');
  await expect(store.asOperator((rows) => rows.leaving.eraseLast(insurer, later(3000)))).rejects.toThrow(
    'has not left',
  );
  const door = new pg.Client({ connectionString: store.database.url, options: '-c role=hub_operator' });
  await door.connect();
  for (const table of ['tenants', 'tenant_counters', 'api_keys', 'audit', 'events'])
    await expect(door.query(`delete from ${table}`), table).rejects.toThrow(
      /with their tenant alone|drop_events alone/,
    );
  await door.end();

  await store.asOperator((rows) =>
    rows.leaving.startErasure({
      ...{
        id: bank,
        orgnoDigest: Buffer.from('x'),
        offboardingAt: now,
        offboardedAt: later(1000),
        startedAt: later(2000),
      },
      before: ofBank,
    }),
  );
  while ((await eraseSome(later(2000))) === 4);
  const after = await store.asOperator((rows) => rows.leaving.eraseLast(bank, later(2000)));
  expect(Object.values(after).every((many) => many === 0)).toBe(true);
  expect(await countsOf(bank)).toEqual(after);
  expect(await countsOf(insurer)).toEqual(ofInsurer);
});
