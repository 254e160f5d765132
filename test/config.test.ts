import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfig, type Role } from '../src/config.ts';
import { operatorApiKey } from '../src/sandbox/altinn2/first-services.ts';
import { jobNames } from '../src/usecases/jobs.ts';
import { certify } from './support/enterprise-certificate.ts';
import { refusal as message, production } from './support/settings.ts';

test('with nothing set it is a sandbox on this machine', () => {
  expect(loadConfig({}, 'all')).toMatchObject({
    environment: 'sandbox',
    production: false,
    ownSandbox: true,
    host: '127.0.0.1',
    issuer: 'http://localhost:3100/maskinporten/',
  });
});

test('each environment knows its Maskinporten and its Altinn', () => {
  expect(loadConfig({ HUB_ENVIRONMENT: 'test', HUB_ORGNO: '310149942' }, 'all')).toMatchObject({
    issuer: 'https://test.maskinporten.no/',
    altinn3Url: 'https://platform.tt02.altinn.no/',
    altinn2: { url: 'https://tt02.altinn.no/', apiKey: undefined },
  });
  expect(loadConfig(production, 'worker')).toMatchObject({
    production: true,
    issuer: 'https://maskinporten.no/',
    altinn3Url: 'https://platform.altinn.no/',
    altinn2: { url: 'https://www.altinn.no/', apiKey: undefined },
  });
});

test('the consent API’s scope may be several, whose order and doubles make no difference', () => {
  const scopeOf = (text: string) => loadConfig({ ALTINN3_CONSENT_SCOPE: text }, 'all').consentScope;
  expect(loadConfig({}, 'all').consentScope).toBe('altinn:consentrequests.write');
  expect(scopeOf(' altinn:consentrequests.write  altinn:consentrequests.read altinn:consentrequests.write ')).toBe(
    'altinn:consentrequests.read altinn:consentrequests.write',
  );
  for (const text of ['  ', 'altinn:consentrequests.write,"x"', 'altinn:\n'])
    expect(message({ ALTINN3_CONSENT_SCOPE: text })).toContain('ALTINN3_CONSENT_SCOPE');
});

test('Altinn 2 has scopes of its own, and a key that the sandbox’s Altinn 2 knows', () => {
  expect(loadConfig({}, 'all').altinn2).toEqual({
    isSet: true,
    exchanges: false,
    url: 'http://localhost:3100/altinn2/',
    apiKey: operatorApiKey,
    told: {
      consentScope: 'altinn:consentrequests.read altinn:consentrequests.write',
      tokenScope: 'altinn:consenttokens.read altinn:consenttokens.write',
      lostAfterMs: 15 * 60 * 1000,
      byCertificate: false,
    },
  });
  expect(loadConfig({}, 'all').ownScopes.split(' ')).toEqual([
    'altinn:consentrequests.read',
    'altinn:consentrequests.write',
    'altinn:consenttokens.read',
    'altinn:consenttokens.write',
  ]);
  expect(message({ ...production, ALTINN2_LOST_AFTER_SECONDS: '119' })).toContain(
    '- ALTINN2_LOST_AFTER_SECONDS: needs 120',
  );
  const apiKey = 'b7a3c1de-0000-4000-8000-0123456789ab';
  const set = { ALTINN2_API_KEY: apiKey, ALTINN2_TOKEN_SCOPE: 'altinn:consenttokens' };
  expect(loadConfig({ ...production, ...set }, 'worker').altinn2).toMatchObject({
    isSet: true,
    apiKey,
    told: { tokenScope: 'altinn:consenttokens' },
  });
  expect(loadConfig(production, 'worker').altinn2.isSet).toBe(false);
  expect(message({ ALTINN2_API_KEY: 'secret' })).toMatch(/^- ALTINN2_API_KEY: (?!.*secret)/m);
  expect(loadConfig({ ALTINN2_BEARER: 'exchanged' }, 'worker').altinn2.exchanges).toBe(true);
  expect(message({ ALTINN2_BEARER: 'both' })).toContain('- ALTINN2_BEARER');
  expect(message({ ALTINN2_TOKEN_SCOPE: ' ' })).toContain('- ALTINN2_TOKEN_SCOPE');
});

test('an enterprise certificate comes with its own key, in files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'altinn2-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const [ours, others] = [certify({}), certify({})];
  const certificate = file('certificate.pem', `${ours.certificatePem}${others.certificatePem}`);
  const key = file('key.pem', ours.keyPem);
  const both = (ALTINN2_CERTIFICATE_FILE: string, ALTINN2_CERTIFICATE_KEY_FILE: string) => ({
    ALTINN2_CERTIFICATE_FILE,
    ALTINN2_CERTIFICATE_KEY_FILE,
  });
  expect(loadConfig(both(certificate, key), 'worker').altinn2.certificate).toEqual({
    cert: expect.stringMatching(/^(?:-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n){2}$/),
    key: ours.keyPem,
  });
  const locked = createPrivateKey(ours.keyPem).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  });
  expect(message({ ...both(certificate, key), ALTINN2_BEARER: 'exchanged' })).toContain(
    '- ALTINN2_BEARER: goes with no',
  );
  expect(message({ ALTINN2_CERTIFICATE_FILE: certificate })).toContain('ALTINN2_CERTIFICATE_FILE: goes with');
  expect(message({ ALTINN2_CERTIFICATE_KEY_FILE: key })).toContain('ALTINN2_CERTIFICATE_FILE: goes with');
  for (const wrong of [file('other.pem', others.keyPem), file('locked.pem', String(locked)), certificate, `${key}.not`])
    expect(message(both(certificate, wrong))).toMatch(/^- ALTINN2_CERTIFICATE_KEY_FILE: (?!.*BEGIN)/m);
  expect(message(both(key, key))).toContain('- ALTINN2_CERTIFICATE_FILE: the file holds no certificate');
});

test('events are kept for a week at least, and streams are bounded', () => {
  const day = 24 * 60 * 60 * 1000;
  expect(loadConfig({}, 'all')).toMatchObject({ keepEventsMs: 90 * day, streams: { inAll: 1000, ofTenant: 50 } });
  const settings = { HUB_EVENT_RETENTION_DAYS: '7', HUB_STREAMS: '20', HUB_STREAMS_PER_TENANT: '3' };
  expect(loadConfig(settings, 'api')).toMatchObject({ keepEventsMs: 7 * day, streams: { inAll: 20, ofTenant: 3 } });
  for (const [name, value] of [
    ['HUB_EVENT_RETENTION_DAYS', '6'],
    ['HUB_EVENT_RETENTION_DAYS', 'forever'],
    ['HUB_STREAMS', '0'],
    ['HUB_STREAMS_PER_TENANT', '1.5'],
  ] as const)
    expect(message({ [name]: value })).toContain(`- ${name}`);
});

test('calls for data are bounded, in all and of a tenant', () => {
  expect(loadConfig({}, 'api').dataCalls).toEqual({ inAll: 512, ofTenant: 64 });
  const set = { HUB_DATA_CALLS: '20', HUB_DATA_CALLS_PER_TENANT: '3' };
  expect(loadConfig(set, 'api').dataCalls).toEqual({ inAll: 20, ofTenant: 3 });
  for (const name of ['HUB_DATA_CALLS', 'HUB_DATA_CALLS_PER_TENANT'])
    for (const value of ['0', '1.5', 'many']) expect(message({ [name]: value })).toContain(`- ${name}: `);
});

test('feeds are read at ten pages a second unless told otherwise, and at one at least', () => {
  expect(loadConfig({}, 'worker').feedsPerSecond).toBe(10);
  expect(loadConfig({ HUB_FEEDS_PER_SECOND: '1' }, 'worker').feedsPerSecond).toBe(1);
  for (const text of ['0', '1.5', '1001', 'many'])
    expect(message({ HUB_FEEDS_PER_SECOND: text })).toContain('HUB_FEEDS_PER_SECOND');
});

test('access is looked at ten times a second unless told otherwise, and not at all unasked at none', () => {
  expect(loadConfig({}, 'worker').probesPerSecond).toBe(10);
  expect(loadConfig({ HUB_PROBES_PER_SECOND: '0' }, 'worker').probesPerSecond).toBe(0);
  for (const text of ['-1', '1.5', '1001', 'many'])
    expect(message({ HUB_PROBES_PER_SECOND: text })).toContain('HUB_PROBES_PER_SECOND');
});

test('reads of consents have budgets, of whole numbers', () => {
  expect(loadConfig({}, 'all').readBudget).toEqual({ perTenant: 5, perSecond: 50 });
  const set = { HUB_READS_PER_TENANT: '2', HUB_READS_PER_SECOND: '20' };
  expect(loadConfig(set, 'all').readBudget).toEqual({ perTenant: 2, perSecond: 20 });
  for (const name of ['HUB_READS_PER_TENANT', 'HUB_READS_PER_SECOND'])
    for (const value of ['0', '-1', '0.5', 'many', '100000'])
      expect(message({ [name]: value })).toContain(`- ${name}: `);
});

test('Digdir’s self-service API is used where somebody says where it is, and keys are exchanged by themselves when asked for', () => {
  const usual = { url: 'http://localhost:3100/sandbox', scope: 'idporten:dcr.write', rotationDays: undefined };
  expect(loadConfig({}, 'all').selfService).toEqual({ ...usual, isSet: true });
  const test = { HUB_ENVIRONMENT: 'test', HUB_ORGNO: '310149942' };
  expect(loadConfig(test, 'worker').selfService).toMatchObject({ url: expect.stringMatching(/digdir/), isSet: false });
  const set = {
    ...test,
    DIGDIR_SELFSERVICE_URL: 'https://digdir.example',
    DIGDIR_SELFSERVICE_SCOPE: 'idporten:dcr.modify',
    HUB_KEY_ROTATION_DAYS: '300',
  };
  expect(loadConfig(set, 'worker').selfService).toEqual({
    ...{ url: 'https://digdir.example/', isSet: true, scope: 'idporten:dcr.modify', rotationDays: 300 },
  });
  for (const days of ['0', '351', '1.5', 'soon'])
    expect(message({ HUB_KEY_ROTATION_DAYS: days })).toContain('HUB_KEY_ROTATION_DAYS');
});

test('all faults come in one message that names the settings and prints no value', () => {
  const told = message({
    PORT: 'secret-port',
    DATABASE_URL: 'mysql://user:secret-password@x',
    HUB_SEALING_KEYS: 'secret-key',
    HUB_OPERATOR_KEY: 'secret-short',
    HUB_KEYSTORE_PUBLIC_KEYS: 'secret-json',
    HUB_ORGNO: '123456789',
  });
  for (const name of [
    'PORT',
    'DATABASE_URL',
    'HUB_SEALING_KEYS',
    'HUB_OPERATOR_KEY',
    'HUB_KEYSTORE_PUBLIC_KEYS',
    'HUB_ORGNO',
  ])
    expect(told).toContain(`- ${name}`);
  expect(told).not.toMatch(/secret/);
});

test.each<[string, NodeJS.ProcessEnv, Role]>([
  ['DATABASE_URL', { DATABASE_URL: undefined }, 'worker'],
  ['DATABASE_URL', { DATABASE_URL: undefined }, 'command'],
  ['HUB_SEALING_KEYS', { HUB_SEALING_KEYS: undefined }, 'worker'],
  ['HUB_KEYSTORE_PUBLIC_KEYS', { HUB_KEYSTORE_PUBLIC_KEYS: undefined }, 'worker'],
  ['HUB_KEYSTORE_PRIVATE_KEYS: is needed by workers', { HUB_KEYSTORE_PRIVATE_KEYS: undefined }, 'worker'],
  ['HUB_PUBLIC_URL', { HUB_PUBLIC_URL: undefined }, 'worker'],
  ['HUB_ORGNO', { HUB_ORGNO: undefined }, 'worker'],
  ...['MASKINPORTEN_ISSUER', 'ALTINN3_URL', 'ALTINN2_URL', 'DIGDIR_SELFSERVICE_URL', 'HUB_PUBLIC_URL'].map(
    (name): [string, NodeJS.ProcessEnv, Role] => ['must be https', { [name]: 'http://outside.example' }, 'worker'],
  ),
  ['HUB_EGRESS_ALLOW', { HUB_EGRESS_ALLOW: '127.0.0.1/32' }, 'worker'],
  ['the sandbox does not run in production', {}, 'sandbox'],
  ['HUB_KEYSTORE_PRIVATE_KEYS: belongs to workers alone', {}, 'api'],
  ['HUB_PKCS11_MODULE: goes with HUB_PKCS11_PIN', { HUB_PKCS11_MODULE: '/hsm.so' }, 'worker'],
])('production refuses: %s', (says, change, role) => {
  expect(message({ ...production, ...change }, role)).toContain(says);
});

test('outside production too an API process refuses the workers’ private keys', () => {
  expect(message({ HUB_KEYSTORE_PRIVATE_KEYS: '[{"kty":"EC"}]' }, 'api')).toContain('belongs to workers alone');
});

test.each(['HUB_KEY_DIRECTORY', 'HUB_PKCS11_MODULE', 'HUB_PKCS11_PIN'])(
  'an API process refuses %s, which leads to signing keys',
  (name) => {
    expect(message({ [name]: 'x' }, 'api')).toContain('HUB_PKCS11_PIN: belong to workers alone');
  },
);

test('a sandbox does not hide inside NODE_ENV=production', () => {
  expect(message({ HUB_ENVIRONMENT: 'sandbox', NODE_ENV: 'production' }, 'all')).toContain('sandbox does not go with');
});

test('production has no sandbox of its own beside it', () => {
  expect(loadConfig(production, 'all')).toMatchObject({ ownSandbox: false });
});

test('what is wrong by itself and what is wrong beside others come in one message', () => {
  const told = message({ ...production, PORT: 'x', HUB_SEALING_KEYS: 'x', HUB_EGRESS_ALLOW: '10.0.0.0/8' });
  expect(told.split('\n').slice(1)).toEqual([
    expect.stringMatching(/^- HUB_SEALING_KEYS: each is/),
    expect.stringMatching(/^- PORT: /),
    expect.stringMatching(/^- HUB_EGRESS_ALLOW: /),
  ]);
});

test.each<[Role, string | undefined, number]>([
  // One for each queue in PostgreSQL, and eight besides.
  ['worker', undefined, jobNames.length + 8],
  ['all', undefined, jobNames.length + 8],
  ['api', undefined, 8],
  ['worker', 'redis://localhost', 6],
])('%s with its queues on %s needs %i connections', (role, REDIS_URL, least) => {
  const settings = (many: number) => ({ REDIS_URL, HUB_DATABASE_CONNECTIONS: `${many}` });
  expect(message(settings(least - 1), role)).toContain(`HUB_DATABASE_CONNECTIONS: this role needs ${least} at least`);
  expect(message(settings(least), role)).toBe('');
});

test('the resource registry lies beside Altinn 3, or where somebody says', () => {
  const registryOf = (env: NodeJS.ProcessEnv) => loadConfig(env, 'command').registryUrl;
  expect(registryOf({})).toBe('http://localhost:3100/altinn3/resourceregistry/api/v1/');
  expect(registryOf({ ...production, ALTINN3_URL: 'https://altinn.example' })).toBe(
    'https://altinn.example/resourceregistry/api/v1/',
  );
  expect(registryOf({ RESOURCE_REGISTRY_URL: 'http://registry.example/api' })).toBe('http://registry.example/api/');
  expect(message({ ...production, RESOURCE_REGISTRY_URL: 'http://registry.example' })).toContain(
    'RESOURCE_REGISTRY_URL',
  );
});

test('the operator’s name is one line, and the sandbox has one of its own', () => {
  expect(loadConfig({}, 'all').operatorName).toBe('Samtykkehuben');
  const test = { HUB_ENVIRONMENT: 'test', HUB_ORGNO: '310149942' };
  expect(loadConfig(test, 'all').operatorName).toBeUndefined();
  expect(loadConfig({ ...test, HUB_OPERATOR_NAME: ' Nordlys AS ' }, 'all').operatorName).toBe('Nordlys AS');
  for (const name of ['Nordlys\nAS', 'x'.repeat(101)])
    expect(message({ HUB_OPERATOR_NAME: name })).toContain('- HUB_OPERATOR_NAME: is');
});

test('an operator that owns APIs says which lists are its own', () => {
  const lists = (env: NodeJS.ProcessEnv) => loadConfig(env, 'command').ownerLists;
  expect(lists({})).toEqual({ maskinporten: [], 'access-list': [], srr: [] });
  expect(
    lists({ OWNER_SCOPES: 'hub:a, hub:b/c', OWNER_ACCESS_LISTS: 'hub/banks', OWNER_SRR_SERVICES: '9000_1' }),
  ).toEqual({
    maskinporten: ['hub:a', 'hub:b/c'],
    'access-list': ['hub/banks'],
    srr: ['9000_1'],
  });
  const bad = { OWNER_SCOPES: 'accounts', OWNER_ACCESS_LISTS: 'banks', OWNER_SRR_SERVICES: '9000_1 9000_1' };
  expect(message(bad, 'command').split('\n').slice(1)).toEqual([
    '- OWNER_SCOPES: is a list of scopes',
    '- OWNER_ACCESS_LISTS: is a list of owner/identifier',
    '- OWNER_SRR_SERVICES: names one of them twice',
  ]);
});

test('ways to learn of delegations, and to ask for them, are off unless set, and complete', () => {
  expect(loadConfig({}, 'all').asking).toMatchObject({ delegationsFrom: undefined, askFor: undefined });
  const by = { HUB_ASK_FOR_ACCESS: 'altinn2-delegation-requests' };
  const set = { ...by, HUB_ASK_FOR_ACCESS_SERVICES: 'a:b/c=5601_1, a:d=5601_1' };
  expect(loadConfig(set, 'all').asking.askFor?.services).toEqual(
    new Map([
      ['a:b/c', '5601_1'],
      ['a:d', '5601_1'],
    ]),
  );
  expect(message(by, 'all')).toContain('HUB_ASK_FOR_ACCESS: goes with HUB_ASK_FOR_ACCESS_SERVICES');
  for (const HUB_ASK_FOR_ACCESS_SERVICES of ['a:b', 'a:b=5601', 'a:b=1_1 a:b=2_1'])
    expect(message({ ...by, HUB_ASK_FOR_ACCESS_SERVICES }, 'all')).toContain(
      'HUB_ASK_FOR_ACCESS_SERVICES: is a list of',
    );
  expect(message({ HUB_DELEGATIONS_FROM: 'supplier-list' }, 'all')).toContain('HUB_PARTY_UUID: is needed');
  expect(message({ HUB_DELEGATIONS_FROM: 'hearsay' }, 'all')).toContain('HUB_DELEGATIONS_FROM');
});

test('proxies are trusted by their networks, and never everybody', () => {
  expect(loadConfig({}, 'all').trustedProxies).toEqual([]);
  const set = (text: string) => loadConfig({ HUB_TRUSTED_PROXIES: text }, 'all').trustedProxies;
  expect(set('10.0.0.0/8, ::ffff:192.0.2.7,2001:DB8::/32')).toEqual(['10.0.0.0/8', '192.0.2.7/32', '2001:db8::/32']);
  for (const wrong of ['loopback', '10.0.0.1/8', '0.0.0.0/0', '10.0.0.0/8,::/0'])
    expect(message({ ...production, HUB_TRUSTED_PROXIES: wrong })).toContain('- HUB_TRUSTED_PROXIES: ');
});
