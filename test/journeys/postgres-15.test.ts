import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { runHub } from '../cli/run-hub.ts';
import type { FreshDatabase } from '../support/database.ts';
import { findDebianPostgres, startDebianPostgres } from '../support/debian-postgres.ts';
import { openWorld } from '../support/hub-test.ts';

const bin = findDebianPostgres(15);
/** Set where everything must be tested: there a missing server is a failure, not a reason to leave the journey out. */
const isRequired = process.env['HUB_TEST_COMPLETE'] === '1' || process.env['HUB_TEST_ENGINES'] === 'both';

test('PostgreSQL 15 is looked for where Debian puts it', () => {
  const base = mkdtempSync(join(tmpdir(), 'debian-'));
  onTestFinished(() => rmSync(base, { recursive: true }));
  for (const major of ['14', '15']) mkdirSync(join(base, major, 'bin'), { recursive: true });
  expect(findDebianPostgres(15, base)).toBeUndefined(); // its client alone may be installed
  writeFileSync(join(base, '15/bin/postgres'), '');
  expect(findDebianPostgres(15, base)).toBe(join(base, '15/bin'));
  expect(findDebianPostgres(15, join(base, 'nowhere'))).toBeUndefined();
});

/** What a DBA hands over: a database, and a login that owns it and may nothing else. */
const handOver = async (adminUrl: string): Promise<FreshDatabase & { dba: pg.Client }> => {
  const postgres = new pg.Client({ connectionString: adminUrl });
  await postgres.connect();
  await postgres.query(
    `create role bank_hub login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password 'of-the-owner'`,
  );
  await postgres.query('create database consents owner bank_hub');
  await postgres.end();
  const address = new URL(adminUrl);
  address.pathname = '/consents';
  const dba = new pg.Client({ connectionString: address.href });
  await dba.connect();
  onTestFinished(() => dba.end());
  const owner = new URL(address);
  [owner.username, owner.password] = ['bank_hub', 'of-the-owner'];
  return { url: owner.href, adminUrl: address.href, drop: async () => undefined, dba };
};

const journey = (folderOfBinaries: string) =>
  test('a consent’s whole way on Debian’s PostgreSQL 15, as a plain owner of a database', async () => {
    const server = await startDebianPostgres(folderOfBinaries);
    onTestFinished(() => server.stop());
    expect(server.version).toMatch(/^15\./);
    const database = await handOver(server.adminUrl);
    const settings = { DATABASE_URL: database.url };

    const refused = await runHub(['migrate'], settings);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    const lines = refused.stderr.split('\n').filter((line) => line.endsWith(';'));
    expect(lines).toEqual([
      'CREATE ROLE hub_tenant NOLOGIN NOINHERIT;',
      'CREATE ROLE hub_operator NOLOGIN NOINHERIT;',
      'GRANT hub_tenant, hub_operator TO "bank_hub";',
      'GRANT USAGE, CREATE ON SCHEMA public TO "bank_hub";',
      'ALTER ROLE "bank_hub" NOINHERIT;',
    ]);
    for (const line of lines) await database.dba.query(line);
    expect((await runHub(['migrate'], settings)).stdout).toMatch(/^Applied:\n/);

    const world = await openWorld('postgresql', {}, database);
    try {
      const { id, approvalUrl } = await world.ask('bank');
      const back = await world.answer(approvalUrl, 'accept');
      expect(back.searchParams.get('consent')).toBe(id);
      const { event } = await world.receiver.got('consent.accepted', id);
      expect(event.data.consent).toMatchObject({ id, status: 'accepted' });
      const token = await world.call('bank', 'POST', `/v1/consents/${id}/token`);
      expect(token).toMatchObject({ status: 200, body: { tokens: [{ kind: 'maskinporten' }] } });
      expect(await world.call('insurer', 'GET', `/v1/consents/${id}`)).toMatchObject({ status: 404 });
      // Nobody but the two roles sees a tenant's rows, the tables' owner not either.
      const { rows } = await database.dba.query(
        `select (select count(*)::int from consents) as dba, pg_has_role('bank_hub', 'hub_tenant', 'member') as member`,
      );
      expect(rows).toEqual([{ dba: 1, member: true }]);
      const owner = new pg.Client({ connectionString: database.url });
      await owner.connect();
      expect((await owner.query('select count(*)::int as seen from consents')).rows).toEqual([{ seen: 0 }]);
      await owner.end();
      await world.settled();
    } finally {
      await world.close();
    }
  });

if (bin !== undefined) journey(bin);
else if (isRequired) {
  test('a consent’s whole way on Debian’s PostgreSQL 15', () => {
    throw new Error('This run must cover PostgreSQL 15, and it is not here: apt-get install postgresql-15');
  });
}
