import { chmodSync, cpSync, readlinkSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  copyCheckout,
  dataOf,
  ended,
  folderFor,
  isRoot,
  newFolder,
  query,
  serverOf,
  startChild,
  until,
} from './processes-of-tests.ts';

const nobody = { uid: 65_534, gid: 65_534 };
const groupOf = (pid: number | undefined): number => -(pid ?? 0);
const stopped = (folder: string) => until('the server to stop', () => serverOf(folder) === undefined);

test('a hub that is killed leaves its server running; the next one takes it over and stops it', async () => {
  const folder = newFolder();
  const first = await startChild(folder);
  await query(first.url, 'CREATE TABLE kept ()');
  const server = serverOf(folder);
  first.process.kill('SIGKILL');
  await ended(first.process);
  expect(serverOf(folder)).toBe(server);

  const second = await startChild(folder);
  expect(serverOf(folder)).toBe(server);
  expect(second.url).toBe(first.url);
  expect(await query(second.url, `SELECT to_regclass('kept')::text AS kept`)).toEqual([{ kept: 'kept' }]);
  second.process.kill('SIGTERM');
  await ended(second.process);
  expect(second.process.exitCode).toBe(0);
  expect(serverOf(folder)).toBeUndefined();
});

test('hub and server killed together: what was committed is there at the next start', async () => {
  const folder = newFolder();
  const first = await startChild(folder);
  await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS one');
  process.kill(serverOf(folder) ?? 0, 'SIGKILL');
  first.process.kill('SIGKILL');
  await ended(first.process);

  const second = await startChild(folder);
  expect(await query(second.url, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
  second.process.kill('SIGTERM');
  await ended(second.process);
});

test('two hubs that start at once share one server, and the last to leave stops it', async () => {
  const folder = newFolder();
  const [one, other] = await Promise.all([startChild(folder), startChild(folder)]);
  expect(other.url).toBe(one.url);
  one.process.kill('SIGINT');
  await ended(one.process);
  expect(await query(other.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  other.process.kill('SIGINT');
  await ended(other.process);
  expect(serverOf(folder)).toBeUndefined();
});

test('of two hubs one is killed: the other still stops the server when it leaves', async () => {
  const folder = newFolder();
  const one = await startChild(folder);
  const other = await startChild(folder);
  one.process.kill('SIGKILL');
  await ended(one.process);
  expect(await query(other.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  other.process.kill('SIGTERM');
  await ended(other.process);
  expect(serverOf(folder)).toBeUndefined();
});

test('a Ctrl-C reaches the hub alone, which then stops the server', async () => {
  const folder = newFolder();
  const { process: hub } = await startChild(folder);
  process.kill(groupOf(hub.pid), 'SIGINT'); // what a terminal does: to the whole group
  await ended(hub);
  expect(hub.exitCode).toBe(0);
  expect(serverOf(folder)).toBeUndefined();
});

test('a hub that falls over an unforeseen error takes its server along', async () => {
  const folder = newFolder();
  const { process: hub } = await startChild(folder);
  hub.kill('SIGUSR2');
  await ended(hub);
  expect(hub.exitCode).not.toBe(0);
  await stopped(folder);
});

// Only root can become somebody else; for an ordinary user, all tests above are the test of an ordinary user.
if (isRoot) {
  test('root starts it from a folder that nobody else can enter, without install scripts', async () => {
    const folder = newFolder();
    chmodSync(folder, 0o700);
    const hub = await startChild(folder, copyCheckout(join(folder, 'checkout')));
    expect(await query(hub.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const server = serverOf(folder);
    expect(statSync(`/proc/${server}`).uid).not.toBe(0);
    expect(readlinkSync(`/proc/${server}/exe`).startsWith(folder)).toBe(false);
    expect(dataOf(folder).startsWith(folder)).toBe(false);
    hub.process.kill('SIGTERM');
    await ended(hub.process);
    expect(serverOf(folder)).toBeUndefined();
  });

  test('an ordinary user starts it too, with the data in .hub, also where it may not write in node_modules', async () => {
    const folder = folderFor(nobody);
    const own = join(folder, 'own');
    const hub = await startChild(own, { ...copyCheckout(join(folder, 'checkout')), as: nobody });
    expect(await query(hub.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(dataOf(own)).toBe(join(own, '.hub/postgres'));
    expect(statSync(`/proc/${serverOf(own)}`).uid).toBe(nobody.uid);
    hub.process.kill('SIGTERM');
    await ended(hub.process);
    expect(serverOf(own)).toBeUndefined();
  });

  test('a folder that an ordinary user began works for root as well, and stays that user’s', async () => {
    const folder = folderFor(nobody);
    const own = join(folder, 'own');
    const copy = copyCheckout(join(folder, 'checkout'));
    const first = await startChild(own, { ...copy, as: nobody });
    await query(first.url, 'CREATE TABLE kept ()');
    first.process.kill('SIGTERM');
    await ended(first.process);

    const second = await startChild(own, copy);
    expect(await query(second.url, `SELECT to_regclass('kept')::text AS kept`)).toEqual([{ kept: 'kept' }]);
    expect(statSync(`/proc/${serverOf(own)}`).uid).toBe(nobody.uid);
    second.process.kill('SIGTERM');
    await ended(second.process);
  });

  test('a copied checkout gets data of its own, a moved one keeps them', async () => {
    const [folder, copy, moved] = [newFolder(), newFolder(), newFolder()];
    const hub = await startChild(folder);
    await query(hub.url, 'CREATE TABLE kept ()');
    hub.process.kill('SIGTERM');
    await ended(hub.process);
    const tableIn = async (place: string) => {
      const { url, process } = await startChild(place);
      const [row] = await query(url, `SELECT to_regclass('kept')::text AS kept`);
      process.kill('SIGTERM');
      await ended(process);
      return row?.kept;
    };
    cpSync(join(folder, '.hub'), join(copy, '.hub'), { recursive: true });
    expect(await tableIn(copy)).toBeNull();
    renameSync(join(folder, '.hub'), join(moved, '.hub'));
    expect(await tableIn(moved)).toBe('kept');
  });
}
