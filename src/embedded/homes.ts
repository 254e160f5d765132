import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findPostmaster, stopPostmaster } from './postmaster.ts';
import { findRecord } from './record.ts';
import { usersOf } from './users.ts';

// Root's data folders stand together outside the checkouts, each in a home of its own that says whose it is.

/** The folder that holds the data and the list of their users. */
export const homeOf = (data: string): string => dirname(data);
export const usersIn = (data: string) => usersOf(join(homeOf(data), 'postgres-users'));

/** Another user may have made a folder of this name in a temporary folder first: take none that is not ours alone. */
const isOurs = (folder: string): boolean => {
  const found = lstatSync(folder);
  return found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
};

/** Where root's servers may live, what outlives a reboot first. */
export const bases = (): string[] => [
  ...(existsSync('/var/lib') ? ['/var/lib/samtykkehub'] : []),
  '/var/tmp/samtykkehub-0',
  join(tmpdir(), 'samtykkehub-0'),
];

/** @throws Error when it cannot be made, or is not root's alone */
export const openBase = (base: string): void => {
  mkdirSync(base, { recursive: true, mode: 0o755 });
  if (!isOurs(base)) throw new Error('others may write there');
  // Whatever umask root has: the servers' own accounts must get through, and see nothing more by it.
  const { mode } = statSync(base);
  if ((mode & 0o011) !== 0o011) chmodSync(base, (mode & 0o7777) | 0o011);
};

const ownerFile = (home: string): string => join(home, 'belongs-to');

/**
 * Is this the data folder of `directory`? A moved checkout keeps its data. A copied one does not: its record names
 * data that the original still claims.
 */
export const belongsTo = (data: string, directory: string): boolean => {
  const note = ownerFile(homeOf(data));
  const owner = existsSync(note) ? readFileSync(note, 'utf8') : homeOf(data);
  if (owner === directory) return true;
  if (owner === homeOf(data) || findRecord(owner)?.data === data) return false;
  writeFileSync(note, directory);
  return true;
};

/** Ends a server that nobody uses any more. False when somebody does. */
export const halt = async (data: string): Promise<boolean> => {
  if (usersIn(data).any()) return false;
  const running = findPostmaster(data);
  if (running) await stopPostmaster(running);
  return true;
};

/** Ends it and removes its data, with the home that root's data have for themselves. False when somebody uses it. */
export const discard = async (data: string): Promise<boolean> => {
  if (!(await halt(data))) return false;
  const home = homeOf(data);
  await rm(existsSync(ownerFile(home)) ? home : data, { recursive: true, force: true });
  return true;
};

/** A new home in `base`; those the same checkout had before, until its `.hub/` was deleted, go. */
export const newHome = async (base: string, directory: string): Promise<string> => {
  const key = createHash('sha256').update(directory).digest('hex').slice(0, 12);
  for (const name of readdirSync(base).filter((entry) => entry.startsWith(`${key}-`))) {
    await discard(join(base, name, 'postgres'));
  }
  const home = join(base, `${key}-${randomBytes(4).toString('hex')}`);
  await mkdir(home);
  await chmod(home, 0o711);
  writeFileSync(ownerFile(home), directory);
  return join(home, 'postgres');
};
