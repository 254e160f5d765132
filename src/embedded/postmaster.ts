import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { identityOf, lives, worksIn } from './processes.ts';

/** A running server's main process, as its own `postmaster.pid` tells of it. */
export type Postmaster = { pid: number; port: number; status: string };

const pidFile = (data: string): string => join(data, 'postmaster.pid');

const readPidFile = (data: string): Postmaster | undefined => {
  try {
    const lines = readFileSync(pidFile(data), 'utf8').split('\n');
    return { pid: Number(lines[0]), port: Number(lines[3] ?? 0), status: (lines[7] ?? 'starting').trim() };
  } catch {
    return undefined;
  }
};

/** The living server of this data folder, found without its password; safe to ask on the way out of a process. */
export const findPostmaster = (data: string): Postmaster | undefined => {
  const found = readPidFile(data);
  if (!found || !(found.pid > 0) || identityOf(found.pid) === undefined) return undefined;
  return worksIn(found.pid, data) ? found : undefined;
};

/**
 * After a reboot the number in `postmaster.pid` may be another program's, and PostgreSQL would then refuse to start.
 * A file whose process has ended stays: PostgreSQL sees by it whether orphans of the last run still hold the data.
 */
export const clearForeignPidFile = (data: string): void => {
  const found = readPidFile(data);
  if (found && identityOf(found.pid) !== undefined && !findPostmaster(data)) rmSync(pidFile(data), { force: true });
};

const gone = async (identity: string, withinMs: number): Promise<boolean> => {
  for (const giveUpAt = Date.now() + withinMs; Date.now() < giveUpAt; await setTimeout(10)) {
    if (!lives(identity)) return true;
  }
  return false;
};

/** Fast shutdown: clients are sent away, all data are written. Without end to it, an immediate one: recovery follows. */
export const stopPostmaster = async ({ pid }: Postmaster): Promise<void> => {
  const identity = identityOf(pid);
  if (identity === undefined) return;
  for (const [signal, withinMs] of [
    ['SIGINT', 20_000],
    ['SIGQUIT', 5_000],
  ] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      // it has ended meanwhile
    }
    if (await gone(identity, withinMs)) return;
  }
  throw new Error(`the embedded PostgreSQL (process ${pid}) does not stop`);
};

/** A server that was found running: waits until it can be used, or until it has ended after all. */
export const settledPostmaster = async (data: string, withinMs: number): Promise<Postmaster | undefined> => {
  for (const giveUpAt = Date.now() + withinMs; ; await setTimeout(10)) {
    const found = findPostmaster(data);
    if (!found || found.status === 'ready') return found;
    if (Date.now() > giveUpAt)
      throw new Error(
        `the embedded PostgreSQL (process ${found.pid}) has been ${found.status} for ${withinMs / 1000} s`,
      );
  }
};
