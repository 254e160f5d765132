import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { noFilters, prismaFolder, schemaText, withPrisma } from './prisma-engine.ts';

let database: FreshDatabase;
let owner: pg.Client;
beforeAll(async () => {
  database = await freshDatabase();
  owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await database.drop();
});

test('schema.prisma says what the migrations made, to the last column and index', async () => {
  const files = [{ path: 'schema.prisma', content: schemaText }];
  const { exitCode, stdout } = await withPrisma(database.url, (engine) =>
    engine.diff({
      from: { tag: 'schemaDatasource', files, configDir: prismaFolder },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: true,
      filters: noFilters,
    }),
  );
  expect(stdout?.trim()).toBe('-- This is an empty migration.');
  expect(exitCode).toBe(0);
});

test('every table that has a tenant forces row policies, one for each of the two doors, on reading and on writing', async () => {
  const { rows: tables } = await owner.query<{ name: string; forced: boolean; policies: string[] }>(
    `select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as forced,
       array(select p.policyname || ' ' || p.cmd || ' ' || array_to_string(p.roles, ',') || ': ' || p.qual || ' / ' || p.with_check
             from pg_policies p where p.tablename = c.relname order by 1) as policies
     from pg_class c where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
       and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id') order by 1`,
  );
  const own = '(tenant_id = current_tenant())';
  expect(tables.length).toBeGreaterThan(10);
  for (const { name, forced, policies } of tables)
    expect({ name, forced, policies }).toEqual({
      name,
      forced: true,
      policies: ['operator_door ALL hub_operator: true / true', `tenant_door ALL hub_tenant: ${own} / ${own}`],
    });
});

test('the two roles own nothing, cannot log in, and are nobody’s way around the policies', async () => {
  const { rows } = await owner.query(
    `select rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreaterole,
       (select count(*)::int from pg_class where relowner = r.oid) as owned
     from pg_roles r where rolname in ('hub_tenant', 'hub_operator') order by 1`,
  );
  const none = { rolcanlogin: false, rolsuper: false, rolbypassrls: false, rolcreaterole: false, owned: 0 };
  expect(rows).toEqual([
    { rolname: 'hub_operator', ...none },
    { rolname: 'hub_tenant', ...none },
  ]);
});

/** What stands in the schema without a `///` right before it. */
const unexplained = (schema: string): string[] => {
  const found: string[] = [];
  let model: string | undefined;
  let before = '';
  for (const line of schema.split('\n').map((text) => text.trim())) {
    const [, opened] = /^(?:model|enum|view) (\w+) \{$/.exec(line) ?? [];
    const [, field] = /^(\w+)\s+\w+/.exec(line) ?? [];
    const isExplained = before.startsWith('/// ');
    if (opened && !isExplained) found.push(opened);
    else if (model && field && !isExplained) found.push(`${model}.${field}`);
    if (opened) model = opened;
    if (line === '}') model = undefined;
    before = line;
  }
  return found;
};

test('every table and every column is explained in schema.prisma', () => {
  expect(unexplained('model A {\n  id Int\n  /// why\n  b Int\n}\n/// what\nmodel C {\n}')).toEqual(['A', 'A.id']);
  expect(unexplained(schemaText)).toEqual([]);
});
