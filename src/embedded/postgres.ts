import { chmodSync, existsSync, mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Log } from '../lib/log.ts';
import { findBinaries } from './binaries.ts';
import { checkVersion, makeCluster, setPasswords } from './cluster.ts';
import { belongsTo, discard, halt, usersIn } from './homes.ts';
import { freePort, LaunchFailed, launch } from './launch.ts';
import { withLock } from './lock.ts';
import { choosePlace } from './place.ts';
import { findPostmaster, type Postmaster, settledPostmaster } from './postmaster.ts';
import { dropRecord, findRecord, newPasswords, type ServerRecord, writeRecord } from './record.ts';

export type EmbeddedPostgres = {
  /** An ordinary login, owner of its database and member of the two doors' roles. */
  url: string;
  /** The superuser: for tests alone. */
  adminUrl: string;
  /** Leaves; the last to leave stops the server. Safe to repeat. */
  stop(): Promise<void>;
};

type Options = {
  /** Where the server remembers what it needs, e.g. `.hub` in the checkout. */
  directory: string;
  log: Log;
  /** Added to the server's command line, stronger than our own. */
  settings?: Record<string, string>;
};

/** A first start takes a second or two, recovery after a crash may take longer. */
const patienceMs = 120_000;

const openDirectory = (directory: string): string => {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  try {
    chmodSync(directory, 0o700);
  } catch {
    // a file system without modes, or a folder of somebody else's: what follows will tell
  }
  return realpathSync(directory);
};

const locked = <T>(directory: string, work: () => Promise<T>): Promise<T> =>
  withLock(join(directory, 'postgres.lock'), patienceMs, work);

const bringUp = async (
  directory: string,
  settings: Record<string, string>,
  known: ServerRecord | undefined,
): Promise<[ServerRecord, Postmaster]> => {
  const binaries = await findBinaries();
  const place = await choosePlace(directory, known, binaries);
  let record: ServerRecord = {
    data: place.data,
    port: known?.port ?? (await freePort()),
    passwords: known?.passwords ?? newPasswords(),
  };
  writeRecord(directory, record); // before the data: they are worth nothing without their passwords
  if (!existsSync(place.data)) await makeCluster(place, record.passwords);
  checkVersion(place.data, binaries.version);
  if (!known) await setPasswords(place, record.passwords);
  for (let attempt = 1; ; attempt += 1) {
    record = { ...record, port: await freePort(record.port) };
    writeRecord(directory, record);
    try {
      return [record, await launch(place, record.port, settings, join(directory, 'postgres.log'))];
    } catch (error) {
      // Somebody was faster at the port, or the last run's orphans have not all ended yet.
      if (!(error instanceof LaunchFailed && (error.portTaken || error.dataHeld)) || attempt === 50) throw error;
      await setTimeout(100);
    }
  }
};

/** Joins the server that runs for this folder, or starts it. */
const obtain = async (directory: string, { log, settings = {} }: Options): Promise<ServerRecord> => {
  const remembered = findRecord(directory);
  const known = remembered && belongsTo(remembered.data, directory) ? remembered : undefined;
  if (!known && !(await halt(join(directory, 'postgres')))) {
    throw new Error(`${directory}/postgres.json was lost while a hub was running. Stop that hub, then start again.`);
  }
  const running = known && (await settledPostmaster(known.data, patienceMs));
  if (known && running) {
    const shared = usersIn(known.data).any();
    log.info(
      { port: running.port, data: known.data },
      shared ? 'joined the embedded PostgreSQL of a running hub' : 'took over an embedded PostgreSQL left running',
    );
    return { ...known, port: running.port };
  }
  const startedAt = performance.now();
  const [record, { port }] = await bringUp(directory, settings, known);
  log.info(
    { port, data: record.data, tookMs: Math.round(performance.now() - startedAt) },
    'embedded PostgreSQL started',
  );
  return record;
};

/**
 * A PostgreSQL 18 of our own, without anything installed. The data survive; several processes may share it, also in
 * several terminals. After a crash the next start takes over what it left running.
 *
 * @throws Error whose message is for the person at the terminal.
 */
export const startEmbeddedPostgres = async (options: Options): Promise<EmbeddedPostgres> => {
  const directory = openDirectory(options.directory);
  const { record, leave } = await locked(directory, async () => {
    const record = await obtain(directory, options);
    return { record, leave: usersIn(record.data).enter() };
  });
  const users = usersIn(record.data);

  // The last resort of a process that ends without stop(): no time to wait, but the server can be told.
  const onExit = () => {
    leave();
    const running = users.any() ? undefined : findPostmaster(record.data);
    if (running) process.kill(running.pid, 'SIGINT');
  };
  process.once('exit', onExit);

  let stopped: Promise<void> | undefined;
  const stop = () =>
    locked(directory, async () => {
      leave();
      process.off('exit', onExit);
      await halt(record.data);
    });

  const address = (login: string, password: string, database: string) =>
    `postgresql://${login}:${password}@127.0.0.1:${record.port}/${database}`;
  return {
    url: address('hub', record.passwords.hub, 'hub'),
    adminUrl: address('postgres', record.passwords.superuser, 'postgres'),
    stop: () => (stopped ??= stop()),
  };
};

/** Removes the data of a folder whose server nobody uses. False when somebody does. */
export const discardEmbeddedPostgres = (directory: string): Promise<boolean> => {
  const real = openDirectory(directory);
  return locked(real, async () => {
    const record = findRecord(real);
    if (record && !(belongsTo(record.data, real) && (await discard(record.data)))) return false;
    dropRecord(real);
    return true;
  });
};
