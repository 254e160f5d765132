import pg from 'pg';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { bareDatabase, type FreshDatabase, freshDatabase } from '../support/database.ts';
import { engines } from '../support/hub-test.ts';
import { openPort } from '../support/open-port.ts';
import { startRedis } from '../support/redis-server.ts';
import { otherServer, productionSettings, runHub, type Said } from './run-hub.ts';

const own = async (made: Promise<FreshDatabase>): Promise<FreshDatabase> => {
  const database = await made;
  onTestFinished(() => database.drop());
  return database;
};

/** Said in a line or two, for somebody who has never seen the source. */
const expectPlainly = ({ code, stdout, stderr }: Said, words: RegExp) => {
  expect(stderr).toMatch(words);
  expect(stderr + stdout).not.toMatch(/\n +at |node:internal|password/i);
  expect(code).toBe(1);
};

describe('what keeps a role from starting is said plainly', () => {
  test.each(['PORT', 'METRICS_PORT'])('%s is taken', async (setting) => {
    const database = await own(freshDatabase());
    const { port } = await otherServer();
    const said = await runHub(['api'], {
      DATABASE_URL: database.url,
      PORT: '0',
      METRICS_PORT: '0',
      [setting]: String(port),
    });
    expectPlainly(said, new RegExp(`^The address 127\\.0\\.0\\.1:${port} is taken by another process`));
  });

  test('nothing listens where the database should be', async () => {
    const port = await openPort();
    const said = await runHub(['worker'], { DATABASE_URL: `postgres://hub:my-password@127.0.0.1:${port}/hub` });
    expectPlainly(said, new RegExp(`^Nothing listens at 127\\.0\\.0\\.1:${port}, where the database should be`));
  });

  test('the database does not let the login in', async () => {
    const address = new URL(inject('loginUrl'));
    address.password = 'another-one';
    expectPlainly(await runHub(['migrate'], { DATABASE_URL: address.href }), /does not let "hub" in/);
  });

  test('the database is not there', async () => {
    const address = new URL(inject('loginUrl'));
    address.pathname = '/elsewhere';
    expectPlainly(await runHub(['worker'], { DATABASE_URL: address.href }), /^There is no database "elsewhere" at /);
  });

  test('fewer connections than the role can live on', async () => {
    const settings = { DATABASE_URL: inject('loginUrl'), HUB_DATABASE_CONNECTIONS: '8' };
    expectPlainly(await runHub(['worker'], settings), /- HUB_DATABASE_CONNECTIONS: this role needs \d+ at least/);
  });

  test('more connections than the server has left', async () => {
    const database = await own(freshDatabase());
    const settings = { DATABASE_URL: database.url, HUB_DATABASE_CONNECTIONS: '999' };
    expectPlainly(
      await runHub(['worker'], settings),
      /this process may take 999 connections, and \d+ of 397 are free: raise max_connections, or lower HUB_DATABASE_CONNECTIONS/,
    );
  });

  if (engines.includes('redis')) {
    test('a Redis that may throw work away', async () => {
      const redis = await startRedis('allkeys-lru');
      onTestFinished(() => redis?.stop());
      const database = await own(freshDatabase());
      const said = await runHub(['worker'], { DATABASE_URL: database.url, REDIS_URL: redis?.url });
      expectPlainly(said, /^Redis has maxmemory-policy allkeys-lru and may throw work away: set it to noeviction/);
    });
  }

  test('no Redis where REDIS_URL says', async () => {
    const database = await own(freshDatabase());
    const url = `redis://user:my-password@127.0.0.1:${await openPort()}`;
    const said = await runHub(['worker'], { DATABASE_URL: database.url, REDIS_URL: url });
    expectPlainly(said, /^Redis at REDIS_URL cannot be reached: /);
  });
});

/** `to`: what is unlike a production where all is as it should be. */
const unlike = async (database: FreshDatabase, to: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> => ({
  ...(await productionSettings(database.url)),
  ...to,
});

describe('production refuses', () => {
  test.each<[string, string[], NodeJS.ProcessEnv, RegExp]>([
    ['the sandbox', ['sandbox'], {}, /the sandbox does not run in production/],
    ['the demo', ['demo', '--once'], {}, /the sandbox does not run in production/],
    [
      'an environment that says sandbox',
      ['all'],
      { HUB_ENVIRONMENT: 'sandbox' },
      /does not go with NODE_ENV=production/,
    ],
    ['the embedded PostgreSQL', ['worker'], { DATABASE_URL: '' }, /- DATABASE_URL: is needed in production/],
    [
      'http to Maskinporten',
      ['worker'],
      { MASKINPORTEN_ISSUER: 'http://maskinporten.example/' },
      /must be https in production/,
    ],
    [
      'webhooks to addresses that are not public',
      ['worker'],
      { HUB_EGRESS_ALLOW: '10.0.0.0/8' },
      /- HUB_EGRESS_ALLOW: is for tests/,
    ],
  ])('%s', async (_, words, change, says) => {
    const database = { url: inject('loginUrl') } as FreshDatabase;
    expectPlainly(await runHub(words, await unlike(database, change)), says);
  });

  test('a database that is not migrated: that is a step of its own there', async () => {
    const database = await own(bareDatabase());
    expectPlainly(await runHub(['worker'], await unlike(database, {})), /not up to date: run `hub migrate` first/);
    expect((await runHub(['migrate'], await unlike(database, {}))).code).toBe(0);
  });

  test('a database login that is superuser', async () => {
    const database = await own(freshDatabase());
    const said = await runHub(['worker'], await unlike(database, { DATABASE_URL: database.adminUrl }));
    expectPlainly(said, /the database role postgres is superuser or may bypass row policies/);
  });

  test('a database login that may bypass row policies', async () => {
    const database = await own(freshDatabase());
    const admin = new pg.Client({ connectionString: database.adminUrl });
    await admin.connect();
    onTestFinished(async () => {
      await admin.query('drop owned by bypasser');
      await admin.query('drop role bypasser');
      await admin.end();
    });
    await admin.query(`create role bypasser login bypassrls password 'bypasser'`);
    await admin.query('grant hub_tenant, hub_operator to bypasser with inherit false, set true');
    await admin.query('grant select on _prisma_migrations to bypasser');
    const address = new URL(database.url);
    address.username = 'bypasser';
    address.password = 'bypasser';
    const said = await runHub(['worker'], await unlike(database, { DATABASE_URL: address.href }));
    expectPlainly(said, /the database role bypasser is superuser or may bypass row policies/);
  });
});
