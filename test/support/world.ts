import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { discardEmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded/postgres.ts';
import { openLog } from '../../src/lib/log.ts';
import { migrate } from '../../src/store/migrate.ts';
import { startRedis } from './redis-server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Superuser's address; its database is `postgres`. */
    adminUrl: string;
    /** The ordinary login's address; its database is the template, so put another name there. */
    loginUrl: string;
    /** Migrated and empty; nobody connects to it. */
    template: string;
    redisUrl: string | null;
    /** What the queues run on, for people: `PostgreSQL 18.4`, `Redis 7.0.15`. */
    queueEngines: string[];
  }
}

const template = 'hub_template';
const prefix = join(tmpdir(), 'samtykkehub-test-');

/** Data of earlier runs that were killed before they could clear up. */
const sweep = async (): Promise<void> => {
  for (const name of readdirSync(tmpdir())) {
    const directory = join(tmpdir(), name);
    if (!directory.startsWith(prefix) || !existsSync(join(directory, 'postgres.json'))) continue;
    if (await discardEmbeddedPostgres(directory).catch(() => false))
      await rm(directory, { recursive: true, force: true });
  }
};

/** Makes the template; answers PostgreSQL's version. */
const furnish = async (adminUrl: string, loginUrl: string): Promise<string> => {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    await admin.query(`CREATE DATABASE ${template} OWNER hub`);
    await migrate(loginUrl, openLog('warn'));
    const { rows } = await admin.query('SHOW server_version');
    return rows[0].server_version;
  } finally {
    await admin.end();
  }
};

/** Once for a run: one PostgreSQL with a migrated template, and a Redis where the machine has one. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await sweep();
  const directory = mkdtempSync(prefix);
  // Tests prove behaviour, not endurance: without fsync the many small databases cost less. Commits stay synchronous.
  const settings = { fsync: 'off', max_connections: '400' };
  const postgres = await startEmbeddedPostgres({ directory, log: openLog('warn'), settings });
  const close = async () => {
    await postgres.stop();
    await discardEmbeddedPostgres(directory);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const login = new URL(postgres.url);
    login.pathname = `/${template}`;
    const version = await furnish(postgres.adminUrl, login.href);
    const redis = await startRedis();
    project.provide('adminUrl', postgres.adminUrl);
    project.provide('loginUrl', login.href);
    project.provide('template', template);
    project.provide('redisUrl', redis?.url ?? null);
    project.provide('queueEngines', [`PostgreSQL ${version}`, ...(redis ? [`Redis ${redis.version}`] : [])]);
    return async () => {
      await redis?.stop();
      await close();
    };
  } catch (error) {
    await close();
    throw error;
  }
}
