import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What one folder remembers of its server from start to start. Kept in `postgres.json`, which only its owner may read. */
export type ServerRecord = {
  /** The data folder. Elsewhere than in `.hub/` when root starts the server. */
  data: string;
  port: number;
  passwords: { hub: string; superuser: string };
};

const fileIn = (directory: string): string => join(directory, 'postgres.json');

export const newPasswords = (): ServerRecord['passwords'] => ({
  hub: randomBytes(24).toString('base64url'),
  superuser: randomBytes(24).toString('base64url'),
});

export const findRecord = (directory: string): ServerRecord | undefined => {
  try {
    return JSON.parse(readFileSync(fileIn(directory), 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error && error.code === 'ENOENT'))
      return undefined;
    throw error;
  }
};

/** In one step, so that a crash leaves the old record or the new one. */
export const writeRecord = (directory: string, record: ServerRecord): void => {
  const draft = `${fileIn(directory)}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, fileIn(directory));
};

export const dropRecord = (directory: string): void => rmSync(fileIn(directory), { force: true });
