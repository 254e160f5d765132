import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startTemporaryPostgres } from '../../src/embedded/temporary.ts';
import { openLog } from '../../src/lib/log.ts';
import { migrate } from '../../src/store/migrate.ts';
import { startRedis } from './redis-server.ts';
import { softHsmModule } from './soft-hsm.ts';

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

const runs = (program: string): boolean => spawnSync(program, ['--version']).status === 0;
/** What has no `--version` at least starts. */
const starts = (program: string): boolean => spawnSync(program, ['--help']).error === undefined;

/** What tests are skipped without, and the Debian package that brings it. */
const wanted: [name: string, isHere: () => boolean, debian: string][] = [
  ['Redis, the second queue engine', () => runs('redis-server'), 'redis-server'],
  ['Chromium at /usr/bin/chromium', () => existsSync('/usr/bin/chromium'), 'chromium'],
  ['OpenSSL’s command, which makes PKCS#12 files', () => starts('openssl'), 'openssl'],
  ['SoftHSM, a token of PKCS#11', () => existsSync(softHsmModule), 'softhsm2'],
  ['OpenSC, which makes keys in a token', () => starts('pkcs11-tool'), 'opensc'],
  ['Debian’s own PostgreSQL', () => globSync('/usr/lib/postgresql/*/bin/postgres').length > 0, 'postgresql'],
];

/** With HUB_TEST_COMPLETE=1 nothing may be skipped for want of a part: better no run than half of one. */
const requireAll = (): void => {
  const missing = wanted
    .filter(([, isHere]) => !isHere())
    .map(([name, , debian]) => `- ${name}: apt-get install ${debian}`);
  if (missing.length > 0)
    throw new Error(`HUB_TEST_COMPLETE asks for all tests, and this machine cannot run them:\n${missing.join('\n')}`);
};

const template = 'hub_template';
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
  if (process.env['HUB_TEST_COMPLETE'] === '1') requireAll();
  const postgres = await startTemporaryPostgres(openLog('warn'), { max_connections: '400' });
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
      await postgres.stop();
    };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}
