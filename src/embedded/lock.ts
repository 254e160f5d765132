import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';

const busy = 5;
const isBusy = (error: unknown): boolean => error instanceof Error && 'errcode' in error && error.errcode === busy;

/**
 * One process at a time. The lock is SQLite's on `file`, in truth the kernel's: it goes with the process that holds it,
 * so a crash leaves nothing behind that somebody would have to judge stale.
 */
export const withLock = async <T>(file: string, waitMs: number, work: () => Promise<T>): Promise<T> => {
  const giveUpAt = Date.now() + waitMs;
  const lock = new DatabaseSync(file, { timeout: 0 });
  try {
    for (;;) {
      try {
        lock.exec('BEGIN EXCLUSIVE');
        break;
      } catch (error) {
        if (!isBusy(error)) throw error;
        if (Date.now() > giveUpAt)
          throw new Error(`another process has held ${file} for ${waitMs / 1000} s`, { cause: error });
        await setTimeout(20);
      }
    }
    return await work();
  } finally {
    lock.close();
  }
};
