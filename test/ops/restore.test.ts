import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { callJson } from '../../src/cli/call-json.ts';
import { minute } from '../journeys/in-time.ts';
import { openLastingWorld } from '../journeys/lasting-world.ts';
import { findDebianPostgres, startDebianPostgres } from '../support/debian-postgres.ts';
import { given } from '../support/given.ts';
import { operatorKey } from '../support/hub-test.ts';
import { until } from '../support/until.ts';

const bin = findDebianPostgres(15);
/** Set where everything must be tested: there a missing server is a failure, not a reason to leave the rehearsal out. */
const isRequired = process.env['HUB_TEST_COMPLETE'] === '1' || process.env['HUB_TEST_ENGINES'] === 'both';

const inDatabase = (address: string, name: string, login?: string): string => {
  const url = new URL(address);
  url.pathname = `/${name}`;
  if (login) [url.username, url.password] = [login, 'of-the-owner'];
  return url.href;
};

/** A server with the hub's login and its database, as a DBA hands it over. */
const openServer = async (folderOfBinaries: string) => {
  const server = await startDebianPostgres(folderOfBinaries);
  onTestFinished(() => server.stop());
  const sql = async (name: string, text: string, login?: string) => {
    const client = new pg.Client({ connectionString: inDatabase(server.adminUrl, name, login) });
    await client.connect();
    try {
      return (await client.query(text)).rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  };
  await sql(
    'postgres',
    `create role hub login nosuperuser nocreatedb nocreaterole noinherit nobypassrls password 'of-the-owner'`,
  );
  for (const role of ['hub_tenant', 'hub_operator']) {
    await sql('postgres', `create role ${role} nologin noinherit`);
    await sql('postgres', `grant ${role} to hub`);
  }
  await sql('postgres', 'create database consents owner hub');
  await sql('consents', 'grant usage, create on schema public to hub');
  const { hostname, port, username, password } = new URL(server.adminUrl);
  const env = {
    PATH: `${folderOfBinaries}:${process.env['PATH']}`,
    ...{ PGHOST: hostname, PGPORT: port, PGUSER: username, PGPASSWORD: password },
  };
  const script = (name: string, words: string[], change: NodeJS.ProcessEnv = {}) => {
    const path = fileURLToPath(new URL(`../../ops/${name}`, import.meta.url));
    const { status, stdout, stderr } = spawnSync('sh', [path, ...words], {
      env: { ...env, ...change },
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };
  const address = (name: string, login?: string) => inDatabase(server.adminUrl, name, login);
  return { sql, script, address };
};

const rehearsal = (folderOfBinaries: string) =>
  test('a backup comes back as a hub that goes on, and what it cannot know is as the runbook says', async () => {
    const { sql, script, address } = await openServer(folderOfBinaries);
    const folder = mkdtempSync(join(tmpdir(), 'backup-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'hub.dump');
    const world = await openLastingWorld({
      engine: 'postgresql',
      database: address('consents', 'hub'),
      admin: address('consents'),
      redis: undefined,
    });
    const { ask, becomes, call, sandbox, receiver, bank } = world;
    const events = async (cursor?: unknown) =>
      call('GET', `/v1/events?limit=200${cursor === undefined ? '' : `&cursor=${cursor}`}`);
    const operator = (method: string, path: string, body?: unknown) =>
      callJson(method, `${world.url()}/operator/v1/tenants/${bank.id}${path}`, operatorKey, body);

    const [before, pending] = [await ask(), await ask()];
    for (const id of [before, pending]) await becomes(id, 'pending');
    await sandbox.person(before, 'accept');
    await sandbox.advance(minute);
    await becomes(before, 'accepted');
    await receiver.got('consent.accepted', before);
    const key = (await operator('POST', '/api-keys', { name: 'old app', scopes: ['consents:read'] })).body;

    // The hub's own login cannot: a backup without tenants' rows would look like one.
    const login = { PGUSER: 'hub', PGPASSWORD: 'of-the-owner' };
    const refused = script('backup.sh', ['consents', file], login);
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining("hub sees no tenant's rows")]);
    const saved = script('backup.sh', ['consents', file]);
    expect(saved).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('1 tenants') });
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(script('backup.sh', ['consents', file]).status).toBe(1);

    // What happens after it: an answer, a consent, a key that is revoked.
    await sandbox.person(pending, 'accept');
    await sandbox.advance(minute);
    await becomes(pending, 'accepted');
    const { event: told } = await receiver.got('consent.accepted', pending);
    const wish = given.ask(`${receiver.url}/done`, { reference: 'after the backup' });
    const idempotent = { 'idempotency-key': 'after-the-backup' };
    const lost = String((await call('POST', '/v1/consents', wish, idempotent)).body['id']);
    await becomes(lost, 'pending');
    const cursor = (await events()).body['next'];
    await operator('DELETE', `/api-keys/${key['id']}`);

    await world.close();
    const restored = script('restore.sh', [file, 'consents_restored']);
    expect(restored.stderr).toBe('');
    expect(restored).toMatchObject({ status: 0, stdout: expect.stringMatching(/^restored: 1 tenants, 2 consents, /) });
    expect(script('restore.sh', [file, 'consents_restored'])).toMatchObject({ status: 1, stdout: '' });
    expect(script('restore.sh', [file, 'other', 'nobody']).stderr).toContain('CREATE ROLE nobody LOGIN');
    // Row policies bind the owner there too.
    const seen = 'select count(*)::int as seen from consents';
    expect([await sql('consents_restored', seen, 'hub'), await sql('consents_restored', seen)]).toEqual([
      [{ seen: 0 }],
      [{ seen: 2 }],
    ]);

    await world.open({ DATABASE_URL: address('consents_restored', 'hub') });
    // Before anything else happens: a cursor from after the backup lies ahead.
    expect(await events(cursor)).toMatchObject({ status: 422, body: { type: '/problems/cursor-invalid' } });
    expect((await call('GET', `/v1/consents/${before}`)).body).toMatchObject({ status: 'accepted' });
    expect(await call('POST', `/v1/consents/${before}/token`)).toMatchObject({ status: 200 });
    // The answer is found again at Altinn, and told again, under another id and the same number.
    await sandbox.advance(minute);
    await becomes(pending, 'accepted');
    const again = await until('the answer to be told again', () =>
      receiver.received.find(
        ({ event }) => event.data.consent?.['id'] === pending && event.id !== told.id && event.type === told.type,
      ),
    );
    expect(again.event.sequence).toBe(told.sequence);
    // What was asked for after it is not known, and asked for anew it is another consent.
    expect((await call('GET', `/v1/consents/${lost}`)).status).toBe(404);
    const anew = String((await call('POST', '/v1/consents', wish, idempotent)).body['id']);
    expect(anew).not.toBe(lost);
    await becomes(anew, 'pending');
    // A key that was revoked since opens again, until it is revoked again.
    const me = () => callJson('GET', `${world.url()}/v1/me`, String(key['key']));
    expect((await me()).status).toBe(200);
    await operator('DELETE', `/api-keys/${key['id']}`);
    expect((await me()).status).toBe(401);
  });

if (bin !== undefined) rehearsal(bin);
else if (isRequired)
  test('a backup comes back as a hub that goes on', () => {
    throw new Error('This run must rehearse a restore, and PostgreSQL 15 is not here: apt-get install postgresql-15');
  });

test('both scripts say how they are called', () => {
  for (const name of ['backup.sh', 'restore.sh']) {
    const path = fileURLToPath(new URL(`../../ops/${name}`, import.meta.url));
    const { status, stderr } = spawnSync('sh', [path], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([2, expect.stringContaining(`ops/${name} <`)]);
  }
});
