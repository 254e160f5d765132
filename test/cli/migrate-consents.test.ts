import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { persons, surnames } from '../support/given.ts';
import { openWorld, operatorOrgno } from '../support/hub-test.ts';
import { until } from '../support/until.ts';
import { rowsOf } from '../usecases/rows.ts';
import { runHub, startHub } from './run-hub.ts';

type OpenWorld = Awaited<ReturnType<typeof openWorld>>;
let world: OpenWorld;
const directory = mkdtempSync(join(tmpdir(), 'hub-'));
const bank = '313876144';

const services = [
  {
    key: '4628_210607',
    generation: 'altinn2',
    serviceCode: '4628',
    serviceEditionCode: 210607,
    dataScope: 'skatteetaten:summertskattegrunnlag',
    metadata: ['inntektsaar'],
  },
  {
    key: 'skd_4628_210607',
    generation: 'altinn3',
    resource: 'skd_4628_210607',
    dataScope: 'skatteetaten:summertskattegrunnlag',
    metadata: ['inntektsaar'],
  },
];

beforeAll(async () => {
  world = await openWorld('postgresql', { HUB_DIRECTORY: directory });
  const { call, banks } = world;
  for (const service of services) await call('operator', 'POST', '/operator/v1/services', service);
  const offered = ['ske-inntekt', 'ske-skattegrunnlag', ...services.map(({ key }) => key)];
  await call('operator', 'PATCH', `/operator/v1/tenants/${banks.bank.id}`, { services: offered });
});
afterAll(async () => {
  await world.close();
  rmSync(directory, { recursive: true, force: true });
});

const sql = (text: string, values: unknown[] = []) => rowsOf(world, text, values);
const control = (path: string, body: object = {}) =>
  fetch(`${world.sandbox.url}/sandbox/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

/** A consent of the bank's that lives in Altinn 2, where its person has accepted it; when the test ends there is none any more. */
const given = async (inntektsaar = '2024') => {
  const { id, approvalUrl } = await world.ask('bank', {
    from: { person: persons.one, name: surnames.one },
    rights: [{ service: '4628_210607', metadata: { inntektsaar } }],
    validTo: new Date(Date.now() + 5 * 86_400_000).toISOString(),
  });
  await world.answer(approvalUrl, 'accept');
  await world.becomes('bank', id, 'accepted');
  onTestFinished(async () => {
    await world.call('bank', 'POST', `/v1/consents/${id}/withdraw`);
  });
  return { id, code: new URL(approvalUrl).searchParams.get('id') ?? '' };
};

const settings = () => ({
  DATABASE_URL: world.databaseUrl,
  HUB_DIRECTORY: directory,
  HUB_SANDBOX_PORT: new URL(world.sandbox.url).port,
});
const run = (words: string[] = []) => runHub(['migrate-consents', '--tenant', bank, ...words], settings());

test('first a plan, then it moves; its tenant is told', async () => {
  const { id, code } = await given();
  await control('altinn2/migrate', { code });
  const plan = await run();
  expect(plan.stderr).toBe('');
  expect(plan.stdout).toMatch(new RegExp(`^→ ${id}  accepted  4628_210607 → skd_4628_210607$`, 'm'));
  expect(plan).toMatchObject({ code: 0, stdout: expect.stringMatching(/1 consent waits for --apply\.\n$/) });
  expect(await sql('select generation from consents where id = $1', [id])).toEqual([{ generation: 'altinn2' }]);

  const csv = join(directory, 'moved.csv');
  expect((await run(['--apply', '--csv', csv])).stdout).toMatch(/^✓ .*\n\n1 consent has moved\.\n$/);
  expect(readFileSync(csv, 'utf8').split('\r\n')).toEqual([
    'consent,code,status,from,to,outcome,why,notes',
    `${id},${code},accepted,4628_210607,skd_4628_210607,moved,,`,
    '',
  ]);
  const rights = [{ service: 'skd_4628_210607', metadata: { inntektsaar: '2024' } }];
  expect(await sql('select generation, upstream_id, rights from consents where id = $1', [id])).toEqual([
    { generation: 'altinn3', upstream_id: code, rights },
  ]);
  const { body } = await world.call('bank', 'GET', `/v1/consents/${id}`);
  expect(body).toMatchObject({ status: 'accepted', version: 4, rights });
  const told = await sql(`select data from events where consent_id = $1 and type = 'consent.moved'`, [id]);
  expect(told).toMatchObject([{ data: { consent: { version: 4, rights } } }]);
  expect(await run(['--csv', csv])).toMatchObject({ code: 1, stderr: `${csv} is there already: name another file\n` });
  expect((await run(['--apply'])).stdout).toBe('There is no consent of Altinn 2 that has not ended.\n');
});

test('two tokens opened its data, and one does once it has moved', async () => {
  const { id, code } = await given();
  const tokens = async () => {
    const { body } = await world.call('bank', 'POST', `/v1/consents/${id}/token`);
    return body['tokens'] as { kind: string; token: string }[];
  };
  expect((await tokens()).map(({ kind }) => kind)).toEqual(['maskinporten', 'consent']);
  await control('altinn2/migrate', { code });
  await run(['--apply']);
  const [token, ...others] = await tokens();
  expect(others).toEqual([]);
  const data = await fetch(`${world.sandbox.url}/data/skatteetaten/summertskattegrunnlag/${persons.one}`, {
    headers: { authorization: `Bearer ${token?.token}` },
  });
  expect(data.status).toBe(200);
});

test('what happened at Altinn 3 before it moved is read at once', async () => {
  const { id, code } = await given();
  await control('altinn2/migrate', { code });
  await control(`consents/${code}/revoke`);
  expect((await run(['--apply'])).stdout).toMatch(/^ {4}it is Revoked at Altinn 3, which is read once it has moved$/m);
  await world.becomes('bank', id, 'revoked');
});

test('what does not move says why, and the rest goes on', async () => {
  const [unmoved, other, fine] = [await given(), await given('2021'), await given()];
  await control('altinn2/migrate', { code: other.code });
  await control('altinn2/migrate', { code: fine.code });
  await sql(`update consents set rights = jsonb_set(rights, '{0,metadata,inntektsaar}', '"2022"') where id = $1`, [
    other.id,
  ]);
  const { code, stdout } = await run(['--apply']);
  expect(code).toBe(1);
  expect(stdout).toMatch(new RegExp(`^✗ ${unmoved.id}.*\n    Altinn 3 does not have it`, 'm'));
  expect(stdout).toMatch(new RegExp(`^✗ ${other.id}.*\n    its metadata are others at Altinn 3`, 'm'));
  expect(stdout).toMatch(new RegExp(`^✓ ${fine.id}`, 'm'));
  expect(stdout).toMatch(/1 consent has moved; 2 stay\.\n$/);
  expect(stdout).not.toContain(persons.one);
});

test('without an answer of Altinn 3 nothing moves; it is said, and goes on when it is run again', async () => {
  const { id, code } = await given();
  await control('altinn2/migrate', { code });
  await control('faults', { on: 'get', times: 1, fault: { kind: 'status', status: 503 } });
  expect((await run(['--apply'])).stdout).toMatch(/did not answer: run it again/);
  expect((await run(['--apply'])).stdout).toMatch(new RegExp(`^✓ ${id}`));
});

test('told to stop it finishes what it has begun, and what is left is for the next time', async () => {
  const { id } = await given();
  // Erased ones will do: Altinn 3 has none of them.
  await sql(
    `insert into consents (tenant_id, id, status, version, generation, party_kind, party_masked, rights, valid_to, redirect_url, created_by, created_at, updated_at, upstream_id)
     select tenant_id, gen_random_uuid(), status, 1, 'altinn2', party_kind, party_masked, rights, valid_to, redirect_url, created_by, created_at, updated_at, gen_random_uuid()
     from consents, generate_series(1, 9) where id = $1`,
    [id],
  );
  await world.sandbox.fault('get', { kind: 'hold', when: 'before', name: 'busy' }, 4);
  const running = startHub(['migrate-consents', '--tenant', bank], settings());
  await world.sandbox.parked('busy');
  running.kill('SIGINT');
  await until('all four to be held', async () => (await world.sandbox.holds()).length === 4);
  await world.sandbox.release('busy');
  const { code, stdout } = await running.ended;
  expect(code).toBe(1);
  expect(stdout).toMatch(/4 stay; 6 not looked at: run it again\.\n$/);
  expect((await run()).stdout).toMatch(/10 stay\.\n$/);
  await sql(`delete from consents where generation = 'altinn2' and id <> $1`, [id]);
});

test('killed in the middle it has moved some, each whole and told once, and run again it moves the rest', async () => {
  const all = [await given(), await given(), await given()];
  for (const { code } of all) await control('altinn2/migrate', { code });
  const ids = all.map(({ id }) => id);
  const moved = () => sql(`select 1 from consents where id = any($1) and generation = 'altinn3'`, [ids]);
  await world.sandbox.fault('get', { kind: 'hold', when: 'after', name: 'slow' }, 1);
  const running = startHub(['migrate-consents', '--tenant', bank, '--apply'], settings());
  await until('the others to have moved', async () => (await moved()).length === 2);
  running.kill('SIGKILL');
  expect(await running.ended).toMatchObject({ code: null });
  await world.sandbox.release('slow');
  expect(await moved()).toHaveLength(2);
  expect((await run(['--apply'])).stdout).toMatch(/1 consent has moved\.\n$/);
  const told = `select count(*)::int as times from events where consent_id = any($1) and type = 'consent.moved' group by consent_id`;
  expect(await sql(told, [ids])).toEqual([{ times: 1 }, { times: 1 }, { times: 1 }]);
});

test('no tenant, no token, no sense: each said in a line', async () => {
  const other = await runHub(['migrate-consents', '--tenant', '974761076'], {
    DATABASE_URL: world.databaseUrl,
    HUB_DIRECTORY: directory,
  });
  expect(other).toMatchObject({ code: 1, stderr: 'No tenant has the number 974761076\n' });
  const person = await runHub(['migrate-consents', '--tenant', persons.one], {});
  expect(person).toMatchObject({ code: 2, stderr: expect.stringMatching(/^--tenant takes/) });
  expect(person.stderr).not.toContain(persons.one);
  await given();
  await world.sandbox.undelegate(bank, operatorOrgno, 'altinn:consentrequests.write');
  const refused = await run();
  await world.sandbox.delegate(bank, operatorOrgno, 'altinn:consentrequests.write');
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^No token for 313876144: .*access-not-delegated/),
  });
});
