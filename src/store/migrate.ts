import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Client } from 'pg';
import type { Log } from '../lib/log.ts';
import { DatabaseNotReady, withLogin } from './direct-login.ts';
import { ensureRoles } from './roles.ts';

type Options = {
  /** Where the migrations are; ours unless told. */
  folder?: string;
  /** How long to wait for another process that migrates. */
  waitMs?: number;
};

/** The same from src/store and from dist/store. */
const ours = fileURLToPath(new URL('../../prisma/migrations/', import.meta.url));

/** Prisma's own lock: `prisma migrate deploy` on the same database waits for us, and we for it. */
const lockKey = 72_707_369;

/** Prisma's own table, to the letter: its commands agree about what was applied. */
const tableText = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum VARCHAR(64) NOT NULL,
    finished_at TIMESTAMPTZ,
    migration_name VARCHAR(255) NOT NULL,
    logs TEXT,
    rolled_back_at TIMESTAMPTZ,
    started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count INTEGER NOT NULL DEFAULT 0
  )`;

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

const namesIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();

const pendingOf = async (client: Client, folder: string): Promise<string[]> => {
  const names = await namesIn(folder);
  const applied = await client
    .query('SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL')
    .then(({ rows }) => new Set(rows.map((row) => row.migration_name)))
    .catch((error) => {
      if (codeOf(error) === '42P01') return new Set(); // no such table: nothing was applied yet
      if (codeOf(error) === '42501')
        throw new DatabaseNotReady('The tables of this database belong to another login.', { cause: error });
      throw error;
    });
  return names.filter((name) => !applied.has(name));
};

const holderOf = async (client: Client): Promise<string> => {
  const { rows } = await client.query(
    `SELECT a.pid, a.usename, a.application_name AS name, a.backend_start AS since FROM pg_locks l JOIN pg_stat_activity a USING (pid)
     WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0 AND l.objid = $1
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [lockKey],
  );
  const [holder] = rows;
  if (!holder) return 'a process that has just ended';
  return `"${holder.name}" (login ${holder.usename}, server process ${holder.pid}, connected since ${holder.since.toISOString()})`;
};

/** Asked again and again instead of waited for: a waiting statement would stand in the way of `CREATE INDEX CONCURRENTLY`. */
const takeLock = async (client: Client, waitMs: number): Promise<void> => {
  for (const giveUpAt = Date.now() + waitMs; ; await setTimeout(100)) {
    const { rows } = await client.query('SELECT pg_try_advisory_lock($1) AS ours', [lockKey]);
    if (rows[0].ours) return;
    if (Date.now() > giveUpAt) {
      throw new DatabaseNotReady(
        `The database has been migrated by ${await holderOf(client)} for more than ${waitMs / 1000} s.`,
      );
    }
  }
};

const inWords = (name: string, script: string, error: unknown): string => {
  const position = error instanceof Error && 'position' in error ? Number(error.position) : 0;
  const line = position > 0 ? `, line ${script.slice(0, position).split('\n').length}` : '';
  const hint = codeOf(error) === '55P03' ? ' Something holds a table it needs: try again when less is going on.' : '';
  return `The migration ${name}${line} failed and left nothing behind: ${error instanceof Error ? error.message : error}.${hint}`;
};

/** PostgreSQL does this one outside transactions only; such a migration is a single statement. */
const standsAlone = (script: string): boolean => /^\s*(create|drop|reindex)\b[^;]*\bconcurrently\b/im.test(script);

/**
 * Script and row in one transaction: whatever happens to this process, a migration was applied and is noted, or neither.
 * (Prisma's engine notes them one after the other, and through a driver adapter it cuts scripts at every semicolon.)
 */
const apply = async (client: Client, folder: string, name: string): Promise<void> => {
  const script = await readFile(join(folder, name, 'migration.sql'), 'utf8');
  const alone = standsAlone(script);
  try {
    await client.query(alone ? script : `BEGIN; SET LOCAL lock_timeout = '30s'`);
    if (!alone) await client.query(script);
    await client.query(
      'UPDATE _prisma_migrations SET rolled_back_at = now() WHERE migration_name = $1 AND finished_at IS NULL',
      [name],
    );
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, now(), clock_timestamp(), 1)`,
      [randomUUID(), createHash('sha256').update(script).digest('hex'), name],
    );
    if (!alone) await client.query('COMMIT');
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => {});
    throw new DatabaseNotReady(inWords(name, script, cause), { cause });
  }
};

/**
 * Brings a database up to date. Safe when several processes do it at once: one works, the others wait and find nothing
 * left to do.
 *
 * @throws DatabaseNotReady when it cannot be reached, lacks what only a DBA can give, or a migration fails
 */
export const migrate = (
  databaseUrl: string,
  log: Log,
  { folder = ours, waitMs = 60_000 }: Options = {},
): Promise<{ applied: string[] }> =>
  withLogin(databaseUrl, async (client) => {
    await ensureRoles(client);
    if ((await pendingOf(client, folder)).length === 0) return { applied: [] };
    // Should this process be killed, the server notices within seconds, rolls back and lets the lock go.
    await client.query(`SET client_connection_check_interval = '2s'`);
    await takeLock(client, waitMs);
    await client.query(tableText);
    const applied = await pendingOf(client, folder);
    for (const name of applied) {
      const startedAt = performance.now();
      await apply(client, folder, name);
      log.info({ migration: name, tookMs: Math.round(performance.now() - startedAt) }, 'migration applied');
    }
    return { applied };
  });

/** What `migrate` would apply. @throws DatabaseNotReady when the database cannot be asked */
export const pendingMigrations = (
  databaseUrl: string,
  { folder = ours }: Pick<Options, 'folder'> = {},
): Promise<string[]> => withLogin(databaseUrl, (client) => pendingOf(client, folder));
