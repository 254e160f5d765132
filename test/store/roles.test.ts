import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EmbeddedPostgres } from '../../src/embedded/postgres.ts';
import { startTemporaryPostgres } from '../../src/embedded/temporary.ts';
import { silentLog } from '../../src/lib/log.ts';
import { storeFaults } from '../../src/store/check-store.ts';
import { migrate } from '../../src/store/migrate.ts';
import { runHub } from '../cli/run-hub.ts';

// Roles belong to a whole server, so these tests have one for themselves, as a DBA sets it up: without the hub's roles.
let server: EmbeddedPostgres;
let admin: pg.Client;
beforeAll(async () => {
  server = await startTemporaryPostgres(silentLog);
  admin = new pg.Client({ connectionString: server.adminUrl });
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await server.stop();
});

const addressOf = (login: string, name: string, base = server.url): string => {
  const address = new URL(base);
  address.pathname = `/${name}`;
  if (base === server.url) [address.username, address.password] = [login, 'its-password'];
  return address.href;
};

const withoutRoles = async (): Promise<void> => {
  const { rows } = await admin.query<{ name: string }>(
    `select datname as name from pg_database where datname like 'own_%'`,
  );
  for (const { name } of rows) await admin.query(`drop database ${name} with (force)`);
  await admin.query('drop role if exists hub_tenant, hub_operator');
};

const newDatabase = async (login: string, attributes: string, name = `own_${login}`): Promise<string> => {
  await admin.query(`drop role if exists ${login}`);
  await admin.query(`create role ${login} login nosuperuser nobypassrls ${attributes} password 'its-password'`);
  await admin.query(`create database ${name} owner ${login}`);
  return addressOf(login, name);
};

test('an owner who may not make roles gets the lines for a DBA; those run, everything is made', async () => {
  await withoutRoles();
  const DATABASE_URL = await newDatabase('plain', 'nocreaterole');
  const refused = await runHub(['migrate'], { DATABASE_URL });
  expect(refused).toEqual({
    code: 1,
    stdout: '',
    stderr: `The login may not make what the hub needs. Let a superuser run these lines in the database "own_plain", then start again:

CREATE ROLE hub_tenant NOLOGIN NOINHERIT;
CREATE ROLE hub_operator NOLOGIN NOINHERIT;
GRANT hub_tenant, hub_operator TO "plain" WITH INHERIT FALSE, SET TRUE;

`,
  });
  const dba = new pg.Client({ connectionString: addressOf('', 'own_plain', server.adminUrl) });
  await dba.connect();
  await dba.query(refused.stderr.split('\n\n')[1] ?? '');
  await dba.end();
  expect(await runHub(['migrate'], { DATABASE_URL })).toMatchObject({ code: 0, stderr: '' });
});

test('a second hub on the same server needs no more than its membership, and is told just that', async () => {
  await withoutRoles();
  await admin.query('create role hub_tenant nologin noinherit; create role hub_operator nologin noinherit');
  const DATABASE_URL = await newDatabase('second', 'nocreaterole');
  await expect(migrate(DATABASE_URL, silentLog)).rejects.toThrow(
    /again:\n\nGRANT hub_tenant, hub_operator TO "second" WITH INHERIT FALSE, SET TRUE;\n$/,
  );
});

test('a membership that is in force without taking the role would be a third door, and is asked to be mended', async () => {
  await withoutRoles();
  const DATABASE_URL = await newDatabase('heir', 'nocreaterole');
  await admin.query('create role hub_tenant nologin noinherit; create role hub_operator nologin noinherit');
  await admin.query('grant hub_tenant, hub_operator to heir');
  const line = 'GRANT hub_tenant, hub_operator TO "heir" WITH INHERIT FALSE, SET TRUE;';
  await expect(migrate(DATABASE_URL, silentLog)).rejects.toThrow(`again:\n\n${line}\n`);
  await admin.query(line);
  await migrate(DATABASE_URL, silentLog);
  // Undone afterwards, it keeps a role from starting.
  await admin.query('grant hub_tenant, hub_operator to heir with inherit true');
  const owner = new pg.Client({ connectionString: DATABASE_URL });
  await owner.connect();
  expect(await storeFaults(owner, true)).toEqual([expect.stringMatching(/^the login heir sees tenants' rows without/)]);
  await owner.end();
});

test('a login that does not own its database is told to ask for the schema too', async () => {
  await withoutRoles();
  await newDatabase('landlord', 'nocreaterole', 'own_shared');
  await admin.query(`drop role if exists tenant_login; create role tenant_login login password 'its-password'`);
  await expect(migrate(addressOf('tenant_login', 'own_shared'), silentLog)).rejects.toThrow(
    /GRANT hub_tenant, hub_operator TO "tenant_login" .*\nGRANT USAGE, CREATE ON SCHEMA public TO "tenant_login";\n$/,
  );
});

test('a login that may make roles makes them, also when hubs of two databases start at once', async () => {
  await withoutRoles();
  const [one, two] = [await newDatabase('maker', 'createrole'), await newDatabase('maker_two', 'createrole')];
  await expect(Promise.all([one, one, one].map((url) => migrate(url, silentLog)))).resolves.toHaveLength(3);
  // The roles are the first one's now, and only who made them, or a DBA, may let another in.
  await expect(migrate(two, silentLog)).rejects.toThrow(/\n\nGRANT hub_tenant, hub_operator TO "maker_two"/);
});
