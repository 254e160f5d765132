import { spawn } from 'node:child_process';
import { closeSync, existsSync, fstatSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { serverEnvironment } from './cluster.ts';
import type { Place } from './place.ts';
import { clearForeignPidFile, findPostmaster, type Postmaster } from './postmaster.ts';

const isFree = (port: number): Promise<number | undefined> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(undefined));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : undefined));
    });
  });

/** The remembered port if nobody has taken it, else one below those that the system lends to outgoing connections. */
export const freePort = async (remembered?: number): Promise<number> => {
  for (const port of [
    remembered,
    ...Array.from({ length: 20 }, () => 20_000 + Math.floor(Math.random() * 12_000)),
    0,
  ]) {
    const free = port === undefined ? undefined : await isFree(port);
    if (free !== undefined) return free;
  }
  throw new Error('no free TCP port on 127.0.0.1');
};

const most = 2_000_000;

/** The server writes to a file: a pipe would break, and the server with it, when the hub is killed. */
const openLogFile = (file: string): { file: string; fd: number; start: number } => {
  if (existsSync(file) && statSync(file).size > most) renameSync(file, `${file}.1`);
  const fd = openSync(file, 'a', 0o600);
  return { file, fd, start: fstatSync(fd).size };
};

const lastLines = (file: string, start: number): string =>
  readFileSync(file).subarray(start).toString().trim().split('\n').slice(-8).join('\n');

const defaults = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  log_timezone: 'UTC',
};

/** Why it did not come up, and whether another try may fare better. */
export class LaunchFailed extends Error {
  readonly portTaken: boolean;
  readonly dataHeld: boolean;
  constructor(said: string) {
    super(`The embedded PostgreSQL did not start. Its last words:\n${said}`);
    this.portTaken = /could not (bind|create any TCP\/IP sockets)/.test(said);
    this.dataHeld = /shared memory block .* is still in use|lock file .* already exists/.test(said);
  }
}

/** Starts the server in a session of its own: a Ctrl-C in the terminal is for the hub, which stops it when it is done. */
export const launch = async (
  place: Place,
  port: number,
  settings: Record<string, string>,
  logFile: string,
): Promise<Postmaster> => {
  clearForeignPidFile(place.data);
  const log = openLogFile(logFile);
  const options = Object.entries({ ...defaults, ...settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(join(place.bin, 'postgres'), ['-D', place.data, '-p', String(port), ...options], {
    ...place.as,
    cwd: place.data,
    env: serverEnvironment,
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  closeSync(log.fd);
  child.unref();
  let failure: Error | undefined;
  let ended = false;
  child.once('error', (error) => {
    failure = error;
  });
  child.once('exit', () => {
    ended = true;
  });
  // Recovery after a crash may take its time; as long as the process lives, it is at work.
  for (;;) {
    if (ended) failure ??= new LaunchFailed(lastLines(log.file, log.start));
    if (failure) throw failure;
    const found = findPostmaster(place.data);
    if (found && found.pid === child.pid && found.status === 'ready') return found;
    await setTimeout(10);
  }
};
