import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../lib/log.ts';
import { discardEmbeddedPostgres, type EmbeddedPostgres, startEmbeddedPostgres } from './postgres.ts';

const prefix = join(tmpdir(), 'samtykkehub-temporary-');

const clear = async (directory: string): Promise<void> => {
  if (await discardEmbeddedPostgres(directory)) await rm(directory, { recursive: true, force: true });
};

/** Those of processes that were killed before they could clear up after themselves. */
const clearForgotten = async (): Promise<void> => {
  for (const name of readdirSync(tmpdir())) {
    const directory = join(tmpdir(), name);
    // Another user's cannot be read, and one without a record is only just being made.
    if (directory.startsWith(prefix) && existsSync(join(directory, 'postgres.json')))
      await clear(directory).catch(() => {});
  }
};

/** A server for a while: `stop` takes its data away. Without fsync, which matters only to data that shall survive. */
export const startTemporaryPostgres = async (
  log: Log,
  settings: Record<string, string> = {},
): Promise<EmbeddedPostgres> => {
  await clearForgotten();
  const directory = await mkdtemp(prefix);
  const postgres = await startEmbeddedPostgres({ directory, log, settings: { fsync: 'off', ...settings } });
  return {
    ...postgres,
    async stop() {
      await postgres.stop();
      await clear(directory);
    },
  };
};
