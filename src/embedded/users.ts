import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identityOf, lives } from './processes.ts';

/** Who uses one server. The last to leave stops it; a process that was killed is no longer counted. */
export type Users = {
  /** The answer takes the entry back. */
  enter(): () => void;
  /** Do living processes, or other parts of this one, use it? Entries of the dead are cleared on the way. */
  any(): boolean;
};

const openEntry = (folder: string): (() => void) => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const entry = join(folder, `${identityOf(process.pid) ?? process.pid}.${randomBytes(4).toString('hex')}`);
  writeFileSync(entry, '', { mode: 0o600 });
  return () => rmSync(entry, { force: true });
};

const entriesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

/** Synchronous throughout: the way out of a process that fails has no time to wait. */
export const usersOf = (folder: string): Users => ({
  enter: () => openEntry(folder),
  any: () =>
    entriesIn(folder).filter((entry) => {
      if (lives(entry.replace(/\.\w+$/, ''))) return true;
      rmSync(join(folder, entry), { force: true });
      return false;
    }).length > 0,
});
