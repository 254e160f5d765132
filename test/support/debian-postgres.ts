import { spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPort } from './open-port.ts';
import { until } from './until.ts';

export type DebianPostgres = {
  /** The superuser's address; put another database's name in its path. */
  adminUrl: string;
  version: string;
  stop(): Promise<void>;
};

/** Where Debian puts the binaries of one major version; undefined when the machine does not have it. */
export const findDebianPostgres = (major: number, base = '/usr/lib/postgresql'): string | undefined => {
  const bin = join(base, String(major), 'bin');
  return existsSync(join(bin, 'postgres')) ? bin : undefined;
};

/** `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)` → `15.14`. */
export const versionIn = (bin: string): string => {
  const { stdout } = spawnSync(join(bin, 'postgres'), ['--version'], { cwd: '/', encoding: 'utf8' });
  return /\) (\S+)/.exec(stdout ?? '')?.[1] ?? 'unknown';
};

/** PostgreSQL refuses to run as root: Debian's package brings this account along. */
const account = (): { uid: number; gid: number } | undefined => {
  if (process.getuid?.() !== 0) return undefined;
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  const [, , uid, gid] = (lines.find((line) => /^(postgres|nobody):/.test(line)) ?? '').split(':');
  return { uid: Number(uid), gid: Number(gid) };
};

/** A server of its own on a free port, apart from the one Debian sets up; `stop` takes its data away. */
export const startDebianPostgres = async (bin: string): Promise<DebianPostgres> => {
  const folder = mkdtempSync(join(tmpdir(), 'debian-postgres-'));
  const as = account();
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, 'of-the-superuser');
  if (as) for (const made of [folder, passwordFile]) chownSync(made, as.uid, as.gid);
  const how = { ...as, cwd: folder, env: { LC_ALL: 'C', TZ: 'UTC' } };
  const data = join(folder, 'data');
  const login = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  const made = spawnSync(join(bin, 'initdb'), ['-D', data, '--encoding=UTF8', '--locale=C', ...login], {
    ...how,
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  const port = await openPort();
  const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: 'off', max_connections: '100' };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawn(join(bin, 'postgres'), ['-D', data, '-p', String(port), ...options], {
    ...how,
    stdio: 'ignore',
  });
  const end = () => server.kill('SIGQUIT'); // nothing of it shall survive
  process.once('exit', end);
  const ended = new Promise<void>((resolve) => server.once('close', () => resolve()));
  const stop = async () => {
    process.off('exit', end);
    server.kill('SIGINT');
    await ended;
    rmSync(folder, { recursive: true });
  };
  try {
    await until('PostgreSQL to be ready', () => {
      if (server.exitCode !== null) throw new Error(`postgres ended with ${server.exitCode}`);
      const pidFile = join(data, 'postmaster.pid');
      return existsSync(pidFile) && /^ready/m.test(readFileSync(pidFile, 'utf8'));
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    adminUrl: `postgresql://postgres:of-the-superuser@127.0.0.1:${port}/postgres`,
    version: versionIn(bin),
    stop,
  };
};
