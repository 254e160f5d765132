import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { generateKeystorePair } from '../../src/lib/keystore.ts';
import { persons } from '../support/given.ts';
import { openWorld, operatorOrgno } from '../support/hub-test.ts';
import { offerBoth } from '../support/offer-both.ts';
import { openPort } from '../support/open-port.ts';
import { grantOf } from '../support/operators-client.ts';
import { until } from '../support/until.ts';
import { examine } from './examine.ts';
import { runHub } from './run-hub.ts';

type OpenWorld = Awaited<ReturnType<typeof openWorld>>;

const [consents, income, tax] = [
  'altinn:consentrequests.write',
  'skatteetaten:inntekt',
  'skatteetaten:summertskattegrunnlag',
] as const;
const orgnos = { bank: '313876144', insurer: '991825827' };
const incomeClient = '107c6f58-e06b-44e9-be7a-11ea44c7ad8b';

let world: OpenWorld;
let admin: pg.Client;
/** Shared with the hub, as a worker's settings are: its keystore's keys lie there. */
const directory = mkdtempSync(join(tmpdir(), 'hub-'));
beforeAll(async () => {
  world = await openWorld('postgresql', { HUB_DIRECTORY: directory });
  admin = new pg.Client({ connectionString: world.adminUrl });
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await world.close();
});

const settings = (): NodeJS.ProcessEnv => ({
  DATABASE_URL: world.databaseUrl,
  HUB_DIRECTORY: directory,
  HUB_SANDBOX_PORT: new URL(world.sandbox.url).port,
});

/** What it says, line by line; and that it says nothing that nobody may read. */
const walked = async (words: string[], change: NodeJS.ProcessEnv = {}) => {
  const { code, stdout, stderr } = await runHub(['doctor', ...words, '--json'], { ...settings(), ...change });
  expect(stderr).toBe('');
  expect(stdout).not.toMatch(/eyJ|"d":|BEGIN/);
  const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: Finding[] };
  const wrong = findings.filter(({ state }) => state === 'wrong');
  expect({ code, ok }).toEqual(wrong.length === 0 ? { code: 0, ok: true } : { code: 1, ok: false });
  const of = (what: string, part = '') =>
    findings.filter((one) => one.what === what && (one.part ?? '').includes(part));
  return { findings, wrong, of };
};

test('all is well with a tenant whose consent went all the way: each step has its line', async () => {
  const rights = [
    { service: 'ske-inntekt', metadata: { fraogmed: '2025-01', tilogmed: '2025-12' } },
    { service: 'ske-skattegrunnlag', metadata: { inntektsaar: '2025' } },
  ];
  const { id, approvalUrl } = await world.ask('bank', { rights });
  await world.answer(approvalUrl, 'accept');
  await world.becomes('bank', id, 'accepted');
  await until('the webhook to be recorded', async () => {
    const { rows } = await admin.query(`select 1 from webhook_deliveries where status = 'pending'`);
    return rows.length === 0;
  });
  const { code, stdout, stderr } = await runHub(['doctor', '--tenant', orgnos.bank], settings());
  for (const line of [
    /^Tenant 313876144, sandbox$/m,
    /^✓ tenant +Banken, active, in the hub since \d{4}-\d\d-\d\d$/m,
    /^✓ services +ske-inntekt, ske-skattegrunnlag$/m,
    /^✓ Maskinporten +http:\S+ answers$/m,
    /^✓ Altinn 3 +http:\S+ answers$/m,
    /^✓ clock +Maskinporten is /m,
    /^Asking for consents: altinn:consentrequests\.write$/m,
    /^✓ client +“Consent administration” signs with hub-\S+$/m,
    /^✓ token +Maskinporten gives one for 313876144; it lives 1[12]\d s$/m,
    /^✓ Altinn +takes this token$/m,
    /^Data of ske-inntekt: skatteetaten:inntekt$/m,
    /^✓ access list +Altinn took a consent request for ske-inntekt \d+ s ago$/m,
    /^Data of ske-skattegrunnlag: skatteetaten:summertskattegrunnlag$/m,
    /^✓ redirects +localhost:\d+|^✓ redirects +127\.0\.0\.1:\d+/m,
    /^✓ webhook +\S+ took the last one, \d+ s ago$/m,
    /^✓ blocked +no consent waits/m,
    /^✓ API keys +1, and none ends within thirty days$/m,
    /^Everything works\.$/m,
  ])
    expect(stdout).toMatch(line);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).not.toMatch(/[✗–!]|eyJ/);
  expect(stdout).not.toContain(persons.one);
});

test('all is well with a client, found by its name or by its client_id', async () => {
  const { code, stdout } = await runHub(['doctor', '--client', 'Income'], settings());
  for (const line of [
    /^✓ registered +“Income”, 107c6f58-\S+, since \d{4}-\d\d-\d\d$/m,
    /^✓ purpose +data, for ske-inntekt$/m,
    /^✓ key +hub-\S+ is active, 0 days old, ends in 36\d days$/m,
    /^✓ private key +hub-\S+ can be opened$/m,
    /^✓ key taken +Maskinporten takes grants signed with hub-\S+$/m,
    /^✓ scope +skatteetaten:inntekt is registered on the client$/m,
    /^Everything works\.$/m,
  ])
    expect(stdout).toMatch(line);
  expect(code).toBe(0);
  expect((await walked(['--client', incomeClient])).of('registered')[0]?.says).toContain('“Income”');
});

test('a tenant that has not delegated is told to, with the address, and a token of the others is none of its business', async () => {
  await world.sandbox.undelegate(orgnos.bank, operatorOrgno, consents);
  onTestFinished(async () => void (await world.sandbox.delegate(orgnos.bank, operatorOrgno, consents)));
  const { wrong, of } = await walked(['--tenant', orgnos.bank]);
  expect(wrong).toEqual([
    expect.objectContaining({
      what: 'token',
      part: `Asking for consents: ${consents}`,
      says: expect.stringContaining(`must delegate \`${consents}\` to organisation ${operatorOrgno}`),
      mover: 'tenant',
      link: `${world.sandbox.url}/altinn3/accessmanagement/ui/maskinporten#suppliers`,
      code: 'access-not-delegated',
      traceId: expect.stringMatching(/^[\da-f]{32}$/),
    }),
  ]);
  expect(of('Altinn')[0]).toMatchObject({ state: 'untried' });
  expect(of('token', income)[0]).toMatchObject({ state: 'ok' });
  expect((await walked(['--tenant', orgnos.insurer])).wrong).toEqual([]);
  await world.sandbox.delegate(orgnos.bank, operatorOrgno, consents);
});

test('access that its owner has not granted is the API owner’s move', async () => {
  await world.sandbox.ungrant(orgnos.insurer, tax);
  const { wrong } = await walked(['--tenant', orgnos.insurer]);
  await world.sandbox.grant(orgnos.insurer, tax);
  expect(wrong).toEqual([
    expect.objectContaining({
      what: 'token',
      mover: 'api-owner',
      code: 'access-not-granted',
      link: expect.any(String),
    }),
  ]);
});

test('a key that Maskinporten does not know is the operator’s to register; a scope it lacks likewise', async () => {
  const post = async (path: string, method: string, body: object) => {
    const response = await fetch(`${world.sandbox.url}/sandbox/${path}`, {
      method,
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
    return (await response.json()) as { keys: { kid: string }[] };
  };
  const own = (await world.call('operator', 'GET', '/operator/v1/maskinporten-clients')).body['items'] as {
    id: string;
    clientId: string;
  }[];
  const { id = '' } = own.find(({ clientId }) => clientId === incomeClient) ?? {};
  const { body: jwks } = await world.call('operator', 'GET', `/operator/v1/maskinporten-clients/${id}/jwks.json`);

  await post(`clients/${incomeClient}/jwks`, 'PUT', { keys: [] });
  const unknown = await walked(['--client', 'Income']);
  expect(unknown.wrong).toEqual([
    expect.objectContaining({
      what: 'key taken',
      mover: 'operator',
      code: expect.stringMatching(/^(client|key)-refused$/),
      link: expect.any(String),
    }),
  ]);
  expect(unknown.of('scope')[0]).toMatchObject({ state: 'untried', says: expect.stringContaining(income) });
  const tenants = await walked(['--tenant', orgnos.insurer]);
  expect(tenants.wrong.map(({ part, mover }) => [part, mover])).toEqual([
    [`Data of ske-inntekt: ${income}`, 'operator'],
  ]);

  await post('clients', 'POST', { clientId: incomeClient, scopes: [], jwks });
  const scopeless = await walked(['--client', 'Income']);
  expect(scopeless.of('key taken')[0]).toMatchObject({ state: 'ok' });
  expect(scopeless.wrong).toEqual([
    expect.objectContaining({ what: 'scope', mover: 'operator', code: 'client-scope-missing' }),
  ]);
  await post('clients', 'POST', { clientId: incomeClient, scopes: [income], jwks });
  expect((await walked(['--client', 'Income'])).wrong).toEqual([]);
});

test('Maskinporten is away: that alone is wrong, and what the hub found out before is told', async () => {
  const MASKINPORTEN_ISSUER = `http://127.0.0.1:${await openPort()}/`;
  const tenants = await walked(['--tenant', orgnos.bank], { MASKINPORTEN_ISSUER });
  expect(tenants.wrong.map(({ what }) => what)).toEqual(['Maskinporten']);
  expect(tenants.of('token', consents)[0]).toMatchObject({
    state: 'untried',
    says: expect.stringMatching(/does not answer; .* ago there was a token$/),
  });
  const clients = await walked(['--client', 'Income'], { MASKINPORTEN_ISSUER });
  expect(clients.wrong.map(({ what }) => what)).toEqual(['Maskinporten']);
  expect(clients.of('private key')[0]).toMatchObject({ state: 'ok' });
  expect(clients.of('key taken')[0]).toMatchObject({ state: 'untried' });
});

test('with an API’s settings no key is opened: it says so, and goes on with what the database knows', async () => {
  const { publicJwk } = await generateKeystorePair();
  const api = { HUB_KEYSTORE_PUBLIC_KEYS: JSON.stringify(publicJwk) };
  const client = await walked(['--client', 'Income'], api);
  expect(client.wrong).toEqual([]);
  expect(client.of('private key')[0]).toMatchObject({
    state: 'untried',
    says: expect.stringContaining('HUB_KEYSTORE_PRIVATE_KEYS'),
  });
  expect(client.of('key')[0]).toMatchObject({ state: 'ok' });
  const tenant = await walked(['--tenant', orgnos.bank], api);
  expect(tenant.wrong).toEqual([]);
  expect(tenant.of('token', income)[0]).toMatchObject({
    state: 'untried',
    says: expect.stringMatching(/HUB_KEYSTORE_PRIVATE_KEYS.*ago there was a token$/),
  });
  const other = await generateKeystorePair();
  const strange = { ...api, HUB_KEYSTORE_PRIVATE_KEYS: JSON.stringify(other.privateJwk) };
  expect((await walked(['--client', 'Income'], strange)).wrong).toEqual([
    expect.objectContaining({
      what: 'private key',
      says: expect.stringContaining('not among HUB_KEYSTORE_PRIVATE_KEYS'),
    }),
  ]);
});

test('a client that was stopped, and a key that waits to be taken', async () => {
  const problem = { code: 'client-refused', detail: 'The client is unknown in this environment.', mover: 'operator' };
  await admin.query(
    `update maskinporten_clients set stopped_at = now(), stopped_problem = $1 where name = 'Tax basis'`,
    [problem],
  );
  await admin.query(
    `insert into maskinporten_keys (id, client_id, kid, state, private_sealed, public_jwk, created_at)
     select gen_random_uuid(), k.client_id, 'new-one', 'pending', k.private_sealed, k.public_jwk, now() from maskinporten_keys k
     join maskinporten_clients c on c.id = k.client_id where c.name = 'Tax basis'`,
  );
  onTestFinished(async () => {
    await admin.query(`delete from maskinporten_keys where kid = 'new-one'`);
    await admin.query('update maskinporten_clients set stopped_at = null, stopped_problem = null');
  });
  const { of } = await walked(['--client', 'Tax basis']);
  expect(of('stopped')[0]).toMatchObject({
    state: 'wrong',
    says: expect.stringMatching(/^nothing has been asked for with it since .*: The client is unknown/),
    mover: 'operator',
    link: expect.any(String),
  });
  const pending = of('key').find(({ says }) => says.startsWith('new-one'));
  expect(pending).toMatchObject({ state: 'note', next: expect.stringContaining('jwks.json') });
  // Sealed for another row, so that it opens nowhere else.
  expect(
    of('private key')
      .map(({ state }) => state)
      .sort(),
  ).toEqual(['ok', 'wrong']);
  expect(of('key taken').find(({ state }) => state === 'ok')).toBeDefined();
});

test('what is the tenant’s own: a suspension, a dead endpoint, consents that wait, keys that end', async () => {
  const { insurer } = world.banks;
  const change = (text: string, values: unknown[] = []) => admin.query(text, [insurer.id, ...values]);
  await change(`update tenants set status = 'suspended', redirect_urls = '{}' where id = $1`);
  await change(`update api_keys set expires_at = now() + interval '3 days' where tenant_id = $1`);
  // Its secret was never sealed, which would be told of as well.
  onTestFinished(async () => void (await change('delete from webhook_endpoints where tenant_id = $1')));
  await change(
    `with endpoint as (insert into webhook_endpoints (tenant_id, id, url, events, secret_sealed, created_at, updated_at)
       values ($1, gen_random_uuid(), 'https://insurer.example/hooks/secret-path', '{}', 'x', now(), now()) returning *),
     event as (insert into events (tenant_id, sequence, id, type, timestamp, data) values ($1, 900, gen_random_uuid(), 'ping', now(), '{}') returning *),
     delivery as (insert into webhook_deliveries (tenant_id, id, endpoint_id, sequence, lane, status, attempts, created_at)
       select $1, gen_random_uuid(), endpoint.id, 900, gen_random_uuid(), 'pending', 1, now() from endpoint returning *)
     insert into webhook_attempts (tenant_id, delivery_id, number, at, duration_ms, http_status)
       select $1, id, 1, now() - interval '5 minutes', 7, 500 from delivery`,
  );
  await change(
    `insert into consents (tenant_id, id, status, version, generation, party_kind, party_masked, rights, valid_to, redirect_url, problem, created_by, created_at, updated_at)
     values ($1, gen_random_uuid(), 'blocked', 2, 'altinn3', 'person', 'x', '[]', now() + interval '1 day', 'x', $2, gen_random_uuid(), now(), now() - interval '2 hours')`,
    [{ code: 'not-on-access-list', mover: 'api-owner' }],
  );
  const before = (await world.sandbox.calls('token')).at(-1)?.seq;
  const { wrong, of, findings } = await walked(['--tenant', orgnos.insurer]);
  // Nothing is asked for in the name of a tenant that is suspended, whatever the hub renews for another meanwhile.
  const consumers = (await world.sandbox.calls('token', before)).map((call) => grantOf(call).consumer);
  expect(consumers).not.toContain(orgnos.insurer);
  for (const line of [...of('token'), ...of('Altinn')])
    expect(line).toMatchObject({ state: 'untried', says: 'suspended: not tried' });
  expect(of('token')).toHaveLength(3);
  expect(wrong.map(({ what, mover }) => [what, mover])).toEqual([
    ['tenant', 'operator'],
    ['redirects', 'operator'],
    ['webhook', 'tenant'],
    ['blocked', 'api-owner'],
  ]);
  expect(of('webhook')[0]?.says).toMatch(
    /^insurer\.example: the last try, 5 min ago, failed \(HTTP 500\); 1 event waits$/,
  );
  expect(JSON.stringify(findings)).not.toContain('secret-path');
  // A backlog that was never tried hides neither the last try nor what was given up.
  await change(
    `insert into webhook_deliveries (tenant_id, id, endpoint_id, sequence, lane, status, created_at)
     select $1, gen_random_uuid(), id, n, gen_random_uuid(), case when n > 1998 then 'given-up' else 'pending' end, now()
     from webhook_endpoints, generate_series(901, 2000) n where tenant_id = $1`,
  );
  await change(
    `update webhook_endpoints set failures = 6, failing_since = now() - interval '3 hours', failing_at = now(),
       rests_until = now() + interval '5 minutes' where tenant_id = $1`,
  );
  const later = async () => (await walked(['--tenant', orgnos.insurer])).of('webhook')[0];
  expect((await later())?.says).toMatch(
    /^insurer\.example: failing for 3 h, 6 tries in a row; the last try, \d min ago, failed \(HTTP 500\); 1099 events wait; of the newest 1000, 2 were given up; tried next in \d+ \w+$/,
  );
  await change(`update webhook_endpoints set status = 'disabled', disabled_reason = 'gone' where tenant_id = $1`);
  await change(`update webhook_deliveries set status = 'held' where tenant_id = $1 and status = 'pending'`);
  expect(await later()).toMatchObject({
    state: 'wrong',
    mover: 'tenant',
    says: expect.stringMatching(/^insurer\.example answered 410 and is disabled: nothing is sent there; 1099 are held/),
  });
  expect(of('blocked')[0]).toMatchObject({ says: expect.stringMatching(/^1 consent waits, the longest for 2 h: /) });
  expect(of('API keys')[0]).toMatchObject({ state: 'note', says: expect.stringMatching(/^“app” ends \d{4}-/) });
});

test('a key in a file or an HSM is said to sign where it did, an HSM’s with --hsm alone; else which setting is missing', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keys = mkdtempSync(join(tmpdir(), 'mounted-keys-'));
  const { n, e } = privateKey.export({ format: 'jwk' });
  await admin.query(
    `with client as (insert into maskinporten_clients (id, name, client_id, purpose, scopes, created_at, updated_at)
       values (gen_random_uuid(), 'Elsewhere', 'elsewhere', 'admin', '{}', now(), now()) returning id)
     insert into maskinporten_keys (id, client_id, kid, state, source, public_jwk, certificate_chain, created_at)
       select gen_random_uuid(), id, key.kid, key.state, key.source, $1, '{}', now() from client,
         (values ('in-a-file', 'active', '{"file":"bank.pem"}'::jsonb), ('in-an-hsm', 'pending', '{"pkcs11":"bank"}')) as key(kid, state, source)`,
    [{ kty: 'RSA', n, e }],
  );
  onTestFinished(async () => {
    rmSync(keys, { recursive: true });
    await admin.query(`delete from maskinporten_keys where kid in ('in-a-file', 'in-an-hsm')`);
    await admin.query(`delete from maskinporten_clients where name = 'Elsewhere'`);
  });
  const told = async (words: string[], change: NodeJS.ProcessEnv) =>
    (await walked(['--client', 'Elsewhere', ...words], change))
      .of('private key')
      .map(({ state, says }) => [state, says] as const)
      // Their ids are random.
      .sort(([, one], [, other]) => one.localeCompare(other));

  expect(await told(['--hsm'], {})).toEqual([
    ['untried', expect.stringMatching(/^in-a-file: this process has no HUB_KEY_DIRECTORY/)],
    ['untried', expect.stringMatching(/^in-an-hsm: this process has no HUB_PKCS11_MODULE/)],
  ]);
  const given = { HUB_KEY_DIRECTORY: keys, HUB_PKCS11_MODULE: '/nowhere/pkcs11.so', HUB_PKCS11_PIN: '271828' };
  expect(await told([], given)).toEqual([
    ['wrong', expect.stringMatching(/^in-a-file: There is no such file/)],
    ['untried', expect.stringMatching(/^in-an-hsm: not tried: needs --hsm/)],
  ]);
  writeFileSync(join(keys, 'bank.pem'), String(privateKey.export({ type: 'pkcs8', format: 'pem' })));
  expect(await told(['--hsm'], given)).toEqual([
    ['ok', 'in-a-file signs where it lies'],
    ['wrong', 'in-an-hsm: HUB_PKCS11_MODULE cannot be loaded.'],
  ]);
});

test('who is not there is said to be so, with those who are; words that make no sense get the usage and 2', async () => {
  expect((await walked(['--client', 'Nobody'])).wrong[0]).toMatchObject({
    what: 'registered',
    says: expect.stringMatching(/“Consent administration”.*\n.*“Income”.*\n.*“Tax basis”/),
  });
  expect((await walked(['--tenant', '910514318'])).wrong[0]).toMatchObject({
    what: 'tenant',
    next: expect.stringContaining('POST /operator/v1/tenants'),
  });
  for (const words of [
    ['--tenant', persons.one],
    ['--client'],
    ['--client', 'a', '--tenant', orgnos.bank],
    ['income'],
    ['--hsm'],
  ]) {
    const { code, stdout, stderr } = await runHub(['doctor', ...words]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('hub doctor --client <name or id>');
    expect(stderr).not.toContain(persons.one);
  }
});

test('keys at hand that do not open what is stored are told before somebody needs them', async () => {
  const told = async (change: NodeJS.ProcessEnv = {}) => {
    const { of } = await examine({ ...settings(), ...change });
    return [...of('sealing'), ...of('keystore')].map(({ state, says }) => `${state}: ${says}`);
  };
  expect(await told()).toEqual([
    expect.stringMatching(/^ok: HUB_SEALING_KEYS opens all that was tried, \d+ of tenants and endpoints$/),
    expect.stringMatching(/^ok: HUB_KEYSTORE_PRIVATE_KEYS opens \d signing keys$/),
  ]);
  const { publicJwk, privateJwk } = await generateKeystorePair();
  const others = {
    HUB_SEALING_KEYS: `other:${randomBytes(32).toString('base64')}`,
    HUB_KEYSTORE_PUBLIC_KEYS: JSON.stringify([publicJwk]),
    HUB_KEYSTORE_PRIVATE_KEYS: JSON.stringify([privateJwk]),
  };
  expect(await told(others)).toEqual([
    expect.stringMatching(
      /^wrong: (\d+) of \1 tried do not open: sealed with key "\w+", which is not in HUB_SEALING_KEYS$/,
    ),
    expect.stringMatching(
      /^wrong: 3 of 3 signing keys do not open \(.*Income.*\): sealed to a keystore key that is not among/,
    ),
  ]);
  const { HUB_KEYSTORE_PRIVATE_KEYS: _, ...ofAnApi } = others;
  expect((await told(ofAnApi))[1]).toMatch(/^untried: HUB_KEYSTORE_PRIVATE_KEYS is not set here/);
});

test('a tenant with a service of Altinn 2 has its steps there too, and a key that Altinn does not know is named', async () => {
  await offerBoth(world);
  const { code, stdout } = await runHub(['doctor', '--tenant', orgnos.bank], settings());
  for (const line of [
    /^✓ Altinn 2 +http:\S+ answers$/m,
    /^Asking for consents in Altinn 2: altinn:consentrequests\.read altinn:consentrequests\.write$/m,
    /^✓ Altinn +takes this token, and our API key$/m,
    /^Consent tokens of Altinn 2: altinn:consenttokens\.read altinn:consenttokens\.write$/m,
  ])
    expect(stdout).toMatch(line);
  expect(stdout).not.toMatch(/[✗]|eyJ|0a17e2aa/);
  expect(code).toBe(0);
  const stranger = '0a17e2aa-5a4d-4b0c-8000-00000000ffff';
  const { wrong } = await walked(['--tenant', orgnos.bank], { ALTINN2_API_KEY: stranger });
  expect(wrong.map(({ part, what }) => [part, what])).toEqual([[expect.stringContaining('in Altinn 2'), 'Altinn']]);
  expect(JSON.stringify(wrong)).not.toContain(stranger);
});
