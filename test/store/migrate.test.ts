import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { silentLog } from '../../src/lib/log.ts';
import { migrate, pendingMigrations } from '../../src/store/migrate.ts';
import { runHub } from '../cli/run-hub.ts';
import { bareDatabase, type FreshDatabase, freshDatabase } from '../support/database.ts';
import { openWorld } from '../support/hub-test.ts';
import { migrationsIn, noFilters, prismaFolder, withPrisma } from './prisma-engine.ts';

const all = readdirSync(join(prismaFolder, 'migrations'))
  .filter((name) => /^\d/.test(name))
  .sort();

const database = async (made: Promise<FreshDatabase>): Promise<FreshDatabase & { owner: pg.Client }> => {
  const fresh = await made;
  const owner = new pg.Client({ connectionString: fresh.url });
  await owner.connect();
  onTestFinished(async () => {
    await owner.end();
    await fresh.drop();
  });
  return { ...fresh, owner };
};

/** Migrations of somebody else's making: name → script. */
const folderWith = (migrations: Record<string, string>): string => {
  const folder = mkdtempSync(join(tmpdir(), 'migrations-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const write = (name: string, script: string) => {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, 'migration.sql'), script);
  };
  for (const [name, script] of Object.entries(migrations)) write(name, script);
  return folder;
};

const applied = async (owner: pg.Client) =>
  (
    await owner.query(
      `select migration_name, checksum, applied_steps_count, logs, rolled_back_at, finished_at >= started_at as finished
       from _prisma_migrations order by started_at, migration_name`,
    )
  ).rows;

test('what is noted is what Prisma’s own engine notes, and it finds nothing to complain of', async () => {
  const folder = folderWith({
    '20270101000000_shelves': 'CREATE TABLE shelves (id int PRIMARY KEY);\n',
    '20270102000000_books': '-- ÆØÅ, since a checksum is one of bytes\nCREATE TABLE books (id int);\n',
  });
  const [ours, theirs] = [await database(bareDatabase()), await database(bareDatabase())];
  await migrate(ours.url, silentLog, { folder });
  await withPrisma(theirs.url, (engine) =>
    engine.applyMigrations({ migrationsList: migrationsIn(folder), filters: noFilters }),
  );
  expect(await applied(ours.owner)).toEqual(await applied(theirs.owner));
  expect(await applied(ours.owner)).toHaveLength(2);
  const columns = `select column_name, data_type, character_maximum_length, is_nullable, column_default
    from information_schema.columns where table_name = '_prisma_migrations' order by 1`;
  expect((await ours.owner.query(columns)).rows).toEqual((await theirs.owner.query(columns)).rows);
  // And each takes over where the other left off.
  for (const { url } of [ours, theirs]) {
    expect(await migrate(url, silentLog, { folder })).toEqual({ applied: [] });
    const again = await withPrisma(url, (engine) =>
      engine.applyMigrations({ migrationsList: migrationsIn(folder), filters: noFilters }),
    );
    expect(again.appliedMigrationNames).toEqual([]);
  }
});

test('Prisma finds the hub’s own history complete and unedited', async () => {
  const { url } = await database(freshDatabase());
  const diagnosis = await withPrisma(url, (engine) =>
    engine.diagnoseMigrationHistory({
      migrationsList: migrationsIn(join(prismaFolder, 'migrations')),
      optInToShadowDatabase: false,
      filters: noFilters,
    }),
  );
  expect(diagnosis).toEqual({
    editedMigrationNames: [],
    failedMigrationNames: [],
    hasMigrationsTable: true,
    history: null,
  });
});

test('several `hub migrate` at once: one applies, the others find it done, nobody fails', async () => {
  const { url, owner } = await database(bareDatabase());
  const said = await Promise.all(Array.from({ length: 4 }, () => runHub(['migrate'], { DATABASE_URL: url })));
  expect(said.map(({ code, stderr }) => [code, stderr])).toEqual(Array(4).fill([0, '']));
  expect(said.map(({ stdout }) => stdout).sort()).toEqual([
    `Applied:\n  ${all.join('\n  ')}\n`,
    ...Array(3).fill('The database is up to date.\n'),
  ]);
  expect(await applied(owner)).toHaveLength(all.length);
});

test('so it is with twenty hubs that start within one breath', async () => {
  const { url, owner } = await database(bareDatabase());
  const results = await Promise.all(Array.from({ length: 20 }, () => migrate(url, silentLog)));
  expect(results.flatMap((result) => result.applied)).toEqual(all);
  expect(await applied(owner)).toHaveLength(all.length);
});

test('a second run touches nothing', async () => {
  const { url, owner } = await database(bareDatabase());
  await migrate(url, silentLog);
  const state = async () => (await owner.query('select * from _prisma_migrations')).rows;
  const before = await state();
  expect((await runHub(['migrate'], { DATABASE_URL: url })).stdout).toBe('The database is up to date.\n');
  expect(await state()).toEqual(before);
});

test('beside a newer version: a database that is ahead keeps the older hub working', async () => {
  const ahead = await freshDatabase();
  const folder = folderWith({
    '29990101000000_tenants_have_logos': `ALTER TABLE tenants ADD COLUMN logo bytea;
      CREATE TABLE logos (tenant_id uuid PRIMARY KEY);`,
  });
  expect((await migrate(ahead.url, silentLog, { folder })).applied).toHaveLength(1);
  expect(await pendingMigrations(ahead.url)).toEqual([]);
  expect(await migrate(ahead.url, silentLog)).toEqual({ applied: [] });
  const world = await openWorld('postgresql', {}, ahead);
  try {
    const { id, approvalUrl } = await world.ask('bank');
    await world.answer(approvalUrl, 'accept');
    await world.receiver.got('consent.accepted', id);
  } finally {
    await world.close();
  }
});

test('a migration that fails leaves nothing behind, says where it failed, and works once it is mended', async () => {
  const { url, owner } = await database(bareDatabase());
  const wrong = folderWith({
    '20270101000000_shelves': 'CREATE TABLE shelves (id int);\n\nALTER TABLE shelfs ADD x int;\n',
  });
  await expect(migrate(url, silentLog, { folder: wrong })).rejects.toThrow(
    /^The migration 20270101000000_shelves failed and left nothing behind: relation "shelfs" does not exist/,
  );
  const misspelt = folderWith({ '20270101000000_shelves': 'CREATE TABLE shelves (id int);\n\nALTR TABLE shelves;\n' });
  await expect(migrate(url, silentLog, { folder: misspelt })).rejects.toThrow(/_shelves, line 3 failed .*syntax error/);
  expect((await owner.query(`select to_regclass('shelves') as left`)).rows).toEqual([{ left: null }]);
  expect(await applied(owner)).toEqual([]);
  const mended = folderWith({ '20270101000000_shelves': 'CREATE TABLE shelves (id int);\n' });
  expect((await migrate(url, silentLog, { folder: mended })).applied).toEqual(['20270101000000_shelves']);
});

test('one that stands half-done in the table, as Prisma leaves it when it is killed, is done again', async () => {
  const { url, owner } = await database(freshDatabase());
  const folder = folderWith({ '20270101000000_shelves': 'CREATE TABLE shelves (id int);\n' });
  await owner.query(
    `insert into _prisma_migrations (id, checksum, migration_name) values ('x', 'y', '20270101000000_shelves')`,
  );
  expect((await migrate(url, silentLog, { folder })).applied).toEqual(['20270101000000_shelves']);
  expect((await applied(owner)).slice(-2)).toMatchObject([
    { migration_name: '20270101000000_shelves', rolled_back_at: expect.any(Date), finished: null },
    { migration_name: '20270101000000_shelves', rolled_back_at: null, finished: true },
  ]);
});

test('who waits for another’s migration is told who holds it when it takes too long', async () => {
  const { url, owner } = await database(bareDatabase());
  await owner.query('select pg_advisory_lock(72707369)');
  await expect(migrate(url, silentLog, { waitMs: 0 })).rejects.toThrow(
    /^The database has been migrated by .*login hub, server process \d+, connected since .* for more than 0 s/,
  );
});

test('an index can be made while others write: such a migration runs outside a transaction', async () => {
  const { url, owner } = await database(freshDatabase());
  const folder = folderWith({
    '20270101000000_index': 'CREATE INDEX CONCURRENTLY tenants_name_idx ON tenants (name);\n',
  });
  expect((await migrate(url, silentLog, { folder })).applied).toHaveLength(1);
  expect(
    (await owner.query(`select indisvalid from pg_index where indexrelid = 'tenants_name_idx'::regclass`)).rows,
  ).toEqual([{ indisvalid: true }]);
});
