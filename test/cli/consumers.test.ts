import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { mustCall } from '../../src/cli/call-json.ts';
import { giveAdminClient } from '../support/admin-client.ts';
import { openWorld, operatorOrgno } from '../support/hub-test.ts';
import { until } from '../support/until.ts';
import { rowsOf } from '../usecases/rows.ts';
import { runHub } from './run-hub.ts';

type OpenWorld = Awaited<ReturnType<typeof openWorld>>;
let world: OpenWorld;
const directory = mkdtempSync(join(tmpdir(), 'hub-'));
const apiKey = '0a17e2aa-5a4d-4b0c-8000-0000000000aa';
const [one, two, three] = ['313876144', '910514318', '991825827'];
const scope = 'hub:accounts';
const service = '9000_1';

const control = (method: string, path: string, body?: object) =>
  mustCall(method, `${world.sandbox.url}/sandbox/${path}`, undefined, body);
const registers = async () => {
  const seen = (await control('GET', 'world')) as unknown as {
    grants: { orgno: string; scope: string }[];
    ownerLists: { name: string; members: string[] }[];
    altinn2: { srr: { service: string; reportee: string; validTo: string; allowedRedirectDomain: string | null }[] };
  };
  return {
    granted: seen.grants.filter((grant) => grant.scope === scope).map(({ orgno }) => orgno),
    members: seen.ownerLists.find(({ name }) => name === 'hub/banks')?.members,
    rights: seen.altinn2.srr.filter((right) => right.service === service),
  };
};

beforeAll(async () => {
  world = await openWorld('postgresql', { HUB_DIRECTORY: directory });
  await giveAdminClient(world, [
    'idporten:scopes.write',
    'altinn:resourceregistry/accesslist.read',
    'altinn:resourceregistry/accesslist.write',
    'altinn:serviceowner/srr.read',
    'altinn:serviceowner/srr.write',
  ]);
  await control('PUT', `scopes/${encodeURIComponent(scope)}`, { owner: operatorOrgno });
  const owner = { orgno: operatorOrgno, orgcode: 'hub' };
  await control('PUT', 'resources/hub-accounts', { owner, accessListMode: 'Enabled' });
  await control('PUT', `altinn2/services/${service}`, { owner: operatorOrgno, srr: true });
  // The bank is a tenant that wants this API; nobody has looked yet whether it may.
  const offered = {
    key: 'hub-accounts',
    generation: 'altinn3',
    resource: 'hub-accounts',
    dataScope: scope,
    metadata: [],
  };
  await world.call('operator', 'POST', '/operator/v1/services', offered);
  await world.call('operator', 'PATCH', `/operator/v1/tenants/${world.banks.bank.id}`, { services: ['hub-accounts'] });
  await control('POST', 'altinn2/api-keys', { key: apiKey, orgno: operatorOrgno, serviceOwner: true });
});
beforeEach(async () => {
  await control('PUT', 'owner-lists/hub/banks', { members: [], resources: ['hub-accounts'] });
  for (const { orgno } of (await registers()).granted.map((orgno) => ({ orgno })))
    await world.sandbox.ungrant(orgno, scope);
  for (const { reportee } of (await registers()).rights) await control('DELETE', `altinn2/srr/${service}/${reportee}`);
  await world.sandbox.clear();
});
afterAll(async () => {
  await world.close();
  rmSync(directory, { recursive: true, force: true });
});

const file = (content: string | Buffer, name = 'consumers.csv'): string => {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
};
const run = (words: string[], change: NodeJS.ProcessEnv = {}) =>
  runHub(['consumers', 'sync', ...words], {
    DATABASE_URL: world.databaseUrl,
    HUB_DIRECTORY: directory,
    HUB_SANDBOX_PORT: new URL(world.sandbox.url).port,
    ALTINN2_API_KEY: apiKey,
    OWNER_SCOPES: scope,
    OWNER_ACCESS_LISTS: 'hub/banks',
    OWNER_SRR_SERVICES: service,
    ...change,
  });

test('one list brings grants, access list and SRR in step: a plan first, then done, then nothing left to do', async () => {
  const list = file(
    `\uFEFForgno;navn;scopes;accessLists;srrServices;validTo\r\n${one};Banken;;;;2030-12-31\r\n${two};Foretaket;-;;-;\r\n`,
  );
  await world.sandbox.grant(three, scope);
  const plan = await run(['--file', list]);
  expect(plan).toMatchObject({ code: 0, stderr: '' });
  expect(plan.stdout).toMatch(
    new RegExp(`^maskinporten ${scope}\n {2}\\+ ${one} {2}Banken\n {2}- ${three} {2}stays: --remove`, 'm'),
  );
  expect(plan.stdout).toMatch(/^4 changes wait for --apply; 1 consumer stays that the file does not name\.$/m);
  expect(await registers()).toMatchObject({ granted: [three], members: [], rights: [] });

  const done = await run(['--file', list, '--apply', '--json']);
  expect(done).toMatchObject({ code: 0, stderr: '' });
  expect(
    done.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).outcome)
      .sort(),
  ).toEqual(['done', 'done', 'done', 'done', 'left']);
  expect(await registers()).toMatchObject({
    granted: [three, one],
    members: [one, two],
    rights: [{ reportee: one, validTo: '2030-12-31T22:59:59.000Z' }],
  });
  await control('PUT', `altinn2/srr/${service}/${one}`, {
    validTo: '2028-01-01T00:00:00Z',
    allowedRedirectDomain: 'bank.example',
  });
  expect((await run(['--file', list, '--apply', '--remove'])).stdout).toMatch(/^2 done\.$/m);
  expect(await registers()).toMatchObject({
    granted: [one],
    rights: [{ validTo: '2030-12-31T22:59:59.000Z', allowedRedirectDomain: 'bank.example' }],
  });
  expect((await run(['--file', list])).stdout).toMatch(/^All lists are in step\.$/m);

  // The hub has found out at once what that means for its tenant: here that the operator's own client lacks the scope.
  const found = () => rowsOf(world, 'select problem from access where name = $1 and checked_at is not null', [scope]);
  await until('the bank’s access is looked at', async () => (await found()).length > 0);
  const audit = await rowsOf<{ target: string }>(
    world,
    `select target from audit where action = 'owner-list.changed' order by target`,
  );
  expect(new Set(audit.map(({ target }) => target))).toEqual(new Set([scope, 'hub/banks', service]));
});

test('rows that cannot be used are refused and told, the others go on, and nothing is removed meanwhile', async () => {
  const rows = [
    `orgno,scopes,validTo`,
    `${one},,`,
    `910514319,,`,
    `${one},,`,
    `${two},hub:other,`,
    `25922947409,,`,
    `${three},,tomorrow`,
  ];
  const list = file(Buffer.from(`\uFEFF${rows.join('\n')}`, 'utf16le'));
  const { code, stdout } = await run(['--file', list, '--apply', '--only', 'maskinporten']);
  expect(code).toBe(1);
  for (const line of [
    /line 3: 910514319 is no organisation number/,
    /line 4: \d+ is there twice: line 2 counts/,
    /line 5: \d+ scopes names hub:other/,
    /line 6: \? is no/,
    /line 7: \d+ validTo is no date/,
  ])
    expect(stdout).toMatch(line);
  expect(stdout).toMatch(/^1 done; 5 rows refused\.$/m);
  expect(stdout).not.toContain('25922947409');
  expect(await registers()).toMatchObject({ granted: [one], members: [] });
  const removing = await run(['--file', list, '--apply', '--remove']);
  expect(removing).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Nothing was done: --remove wants a file whose rows'),
  });
});

test('one that the register does not know spoils it for nobody else; what was not done is done the next time', async () => {
  const stranger = '889640782';
  const list = file(JSON.stringify([one, { orgno: two }, stranger]), 'consumers.json');
  const first = await run(['--file', list, '--apply', '--only', 'access-list']);
  expect(first.code).toBe(1);
  expect(first.stdout).toMatch(new RegExp(`${stranger} {2}failed; .* answered 400 \\(RR-00001: `));
  expect(await registers()).toMatchObject({ members: [one, two] });

  // Done, and the answer to it lost: it is asked again, which does no harm.
  await world.sandbox.fault('scope-access', { kind: 'delay', ms: 0 });
  await world.sandbox.fault('scope-access', { kind: 'reset', when: 'after' });
  const again = await run(['--file', list, '--apply', '--only', 'maskinporten']);
  expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/^3 done\.$/m) });
  expect((await registers()).granted).toEqual(expect.arrayContaining([one, two, stranger]));
});
