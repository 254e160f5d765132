import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openBase } from '../../src/embedded/homes.ts';
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts';
import { silentLog } from '../../src/lib/log.ts';
import { dataOf, newFolder, query, serverOf } from './processes-of-tests.ts';

const start = (folder: string, settings: Record<string, string> = {}) =>
  startEmbeddedPostgres({ directory: join(folder, '.hub'), log: silentLog, settings });

test('data, address and passwords outlive a restart', async () => {
  const folder = newFolder();
  const first = await start(folder);
  await query(first.url, 'CREATE TABLE kept (word text)');
  await query(first.url, `INSERT INTO kept VALUES ('still here')`);
  await first.stop();
  expect(serverOf(folder)).toBeUndefined();

  const second = await start(folder);
  expect(second.url).toBe(first.url);
  expect(await query(second.url, 'SELECT word FROM kept')).toEqual([{ word: 'still here' }]);
  await second.stop();
  await second.stop();
});

test('the login is an ordinary one that owns its database and may step into both doors', async () => {
  const { url, stop } = await start(newFolder());
  const [login] = await query(
    url,
    `SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, pg_has_role('hub_tenant', 'SET') AS tenant,
       pg_has_role('hub_operator', 'SET') AS operator, pg_has_role('hub_operator', 'USAGE') AS inherits,
       (SELECT datdba::regrole::text FROM pg_database WHERE datname = current_database()) AS owner
     FROM pg_roles WHERE rolname = current_user`,
  );
  const no = { rolsuper: false, rolbypassrls: false, rolcreaterole: false, rolcreatedb: false, inherits: false };
  expect(login).toEqual({ ...no, tenant: true, operator: true, owner: 'hub' });
  await stop();
});

test('what is committed is on disk, and the server listens on this machine alone', async () => {
  const { adminUrl, stop } = await start(newFolder());
  const names = [
    'fsync',
    'synchronous_commit',
    'full_page_writes',
    'listen_addresses',
    'unix_socket_directories',
    'TimeZone',
    'server_encoding',
  ];
  const rows = await query(adminUrl, `SELECT name, setting FROM pg_settings WHERE name = ANY ('{${names}}')`);
  expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    TimeZone: 'UTC',
    server_encoding: 'UTF8',
  });
  await stop();
});

test('only its owner can read the passwords, and nobody comes in without one', async () => {
  const folder = newFolder();
  const { url, stop } = await start(folder);
  expect(statSync(join(folder, '.hub')).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, '.hub/postgres.json')).mode & 0o777).toBe(0o600);
  const wrong = new URL(url);
  wrong.password = 'guessed';
  await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
  await stop();
});

test('a port that somebody has taken is given up for another', async () => {
  const folder = newFolder();
  const first = await start(folder);
  await query(first.url, 'CREATE TABLE kept ()');
  await first.stop();
  const { port } = new URL(first.url);
  const squatter = createServer().listen(Number(port), '127.0.0.1');
  await once(squatter, 'listening');

  const second = await start(folder);
  expect(new URL(second.url).port).not.toBe(port);
  expect(await query(second.url, 'SELECT count(*)::int AS tables FROM pg_class WHERE relname = $$kept$$')).toEqual([
    { tables: 1 },
  ]);
  await second.stop();
  squatter.close();
});

test('two checkouts stand side by side', async () => {
  const [one, other] = await Promise.all([start(newFolder()), start(newFolder())]);
  await query(one.url, 'CREATE TABLE mine ()');
  expect(await query(other.url, `SELECT to_regclass('mine') AS mine`)).toEqual([{ mine: null }]);
  await Promise.all([one.stop(), other.stop()]);
});

test('two parts of one process share a server; the last to leave stops it', async () => {
  const folder = newFolder();
  const [one, other] = await Promise.all([start(folder), start(folder)]);
  expect(other.url).toBe(one.url);
  await one.stop();
  expect(await query(other.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await other.stop();
  expect(serverOf(folder)).toBeUndefined();
});

test('a number in postmaster.pid that is now another program does not keep it from starting', async () => {
  const folder = newFolder();
  await (await start(folder)).stop();
  writeFileSync(join(dataOf(folder), 'postmaster.pid'), `${process.pid}\n${dataOf(folder)}\n1\n1\n\n\n\nready\n`);
  const { url, stop } = await start(folder);
  expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await stop();
});

test('passwords that were lost are made anew', async () => {
  const folder = newFolder();
  const first = await start(folder);
  await first.stop();
  rmSync(join(folder, '.hub/postgres.json'));
  const second = await start(folder);
  expect(new URL(second.url).password).not.toBe(new URL(first.url).password);
  expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await second.stop();
});

test('who deletes .hub begins anew, and nothing of the old data stays behind', async () => {
  const folder = newFolder();
  const first = await start(folder);
  await query(first.url, 'CREATE TABLE kept ()');
  await first.stop();
  const old = dataOf(folder);
  rmSync(join(folder, '.hub'), { recursive: true });
  const second = await start(folder);
  expect(await query(second.url, `SELECT to_regclass('kept') AS kept`)).toEqual([{ kept: null }]);
  expect(existsSync(old)).toBe(old === dataOf(folder));
  await second.stop();
});

test('a start that was cut off while it made the data is repeated from the beginning', async () => {
  const folder = newFolder();
  await (await start(folder)).stop();
  const data = dataOf(folder);
  const half = readFileSync(join(data, 'PG_VERSION'));
  rmSync(data, { recursive: true });
  writeFileSync(`${data}.new`, half);
  const { url, stop } = await start(folder);
  expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await stop();
});

test("when it cannot start, PostgreSQL's own words say why", async () => {
  const folder = newFolder();
  await expect(start(folder, { shared_buffers: 'much' })).rejects.toThrow(
    /did not start[\s\S]*shared_buffers[\s\S]*much/,
  );
  const { stop } = await start(folder);
  await stop();
});

test('data of another major version are left alone, and the message says so', async () => {
  const folder = newFolder();
  await (await start(folder)).stop();
  writeFileSync(join(dataOf(folder), 'PG_VERSION'), '17\n');
  await expect(start(folder)).rejects.toThrow('are of PostgreSQL 17, the binaries of 18');
});

test('where root’s servers live their accounts get through, whatever root’s umask, and what was closed before is opened', () => {
  const umask = process.umask(0o077);
  onTestFinished(() => void process.umask(umask));
  const [made, closed] = [join(newFolder(), 'servers'), join(newFolder(), 'servers')];
  mkdirSync(closed);
  for (const base of [made, closed]) openBase(base);
  expect([made, closed].map((base) => (statSync(base).mode & 0o777).toString(8))).toEqual(['711', '711']);
});
