import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig, type Role } from '../../src/config.ts';
import { refusal as message, production } from '../support/settings.ts';

const key = randomBytes(32).toString('base64');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-'));
});
afterAll(() => rm(folder, { recursive: true }));

const file = async (name: string, text: string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
};

test('sealing keys that could not tell themselves apart, or that anybody guesses, are refused', () => {
  const two = randomBytes(32).toString('base64');
  expect(message({ HUB_SEALING_KEYS: `a:${key},b:${two}` })).toBe('');
  expect(message({ HUB_SEALING_KEYS: `a:${key},a:${two}` })).toContain(
    'HUB_SEALING_KEYS: no two keys have the same id',
  );
  const zeroes = Buffer.alloc(32).toString('base64');
  expect(message({ HUB_SEALING_KEYS: `a:${key},b:${zeroes}` })).toContain(
    'HUB_SEALING_KEYS: each is of 32 random bytes',
  );
});

test.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])(
  'a private key among the public ones is refused, and not shown (%s)',
  (member) => {
    const keys = JSON.stringify({ keys: [{ kty: 'EC' }, { kty: 'EC', [member]: 'hunter2' }] });
    const told = message({ HUB_KEYSTORE_PUBLIC_KEYS: keys }, 'api');
    expect(told).toContain('HUB_KEYSTORE_PUBLIC_KEYS: holds a private key');
    expect(told).not.toContain('hunter2');
  },
);

test('secrets may come in files', async () => {
  const secrets = {
    DATABASE_URL: production.DATABASE_URL,
    REDIS_URL: production.REDIS_URL,
    HUB_SEALING_KEYS: production.HUB_SEALING_KEYS,
    HUB_KEYSTORE_PUBLIC_KEYS: production.HUB_KEYSTORE_PUBLIC_KEYS,
    HUB_KEYSTORE_PRIVATE_KEYS: production.HUB_KEYSTORE_PRIVATE_KEYS,
    HUB_OPERATOR_KEY: 'an operator key of thirty-two letters',
    HUB_PKCS11_PIN: '271828',
    HUB_EGRESS_PROXY: 'http://hub:secret@proxy.house:3128',
  };
  const { NODE_ENV, HUB_ORGNO, HUB_PUBLIC_URL } = production;
  const env: NodeJS.ProcessEnv = { NODE_ENV, HUB_ORGNO, HUB_PUBLIC_URL, HUB_PKCS11_MODULE: '/hsm.so' };
  for (const [name, text] of Object.entries(secrets)) env[`${name}_FILE`] = await file(name, `${text}\n`);
  expect(loadConfig(env, 'worker')).toEqual(
    loadConfig({ ...production, ...secrets, HUB_PKCS11_MODULE: '/hsm.so' }, 'worker'),
  );
  expect(message(env, 'api')).toContain('HUB_KEYSTORE_PRIVATE_KEYS: belongs to workers alone');
});

test('a secret given twice, or in a file that is not there or holds nothing, is named once, and its content never', async () => {
  const { HUB_SEALING_KEYS: _, HUB_KEYSTORE_PUBLIC_KEYS: __, ...rest } = production;
  const told = message({
    ...rest,
    HUB_SEALING_KEYS_FILE: join(folder, 'nowhere'),
    HUB_KEYSTORE_PUBLIC_KEYS_FILE: await file('empty', '\n'),
    DATABASE_URL_FILE: await file('database', 'postgres://hub:hunter2@db.example/hub'),
  });
  expect(told.split('\n').slice(1)).toEqual([
    '- DATABASE_URL_FILE: does not go with DATABASE_URL; set one of them',
    '- HUB_SEALING_KEYS_FILE: the file cannot be read (ENOENT)',
    '- HUB_KEYSTORE_PUBLIC_KEYS_FILE: the file is empty',
  ]);
});

test('what a file holds is held to the same rules, and shown as little', async () => {
  const told = message({ HUB_SEALING_KEYS_FILE: await file('bad', 'hunter2') });
  expect(told).toContain('HUB_SEALING_KEYS: each is id:base64 of 32 bytes');
  expect(told).not.toContain('hunter2');
});

const warnings = (change: NodeJS.ProcessEnv, role: Role = 'worker') =>
  loadConfig({ ...production, ...change }, role).warnings;

test.each<[string, NodeJS.ProcessEnv, Role, RegExp]>([
  ['Redis without TLS', { REDIS_URL: 'redis://redis.example' }, 'worker', /^Redis is .* without TLS/],
  ['PostgreSQL without TLS', { DATABASE_URL: 'postgres://db.example/hub' }, 'worker', /^PostgreSQL is .* without TLS/],
  [
    'TLS switched off',
    { DATABASE_URL: 'postgres://db.example/hub?sslmode=disable' },
    'worker',
    /^PostgreSQL is .* without TLS/,
  ],
  ['the second address', { DATABASE_DIRECT_URL: 'postgres://db.example/hub' }, 'worker', /^PostgreSQL is/],
  ['API and worker in one', {}, 'all', /^API and workers run in one process/],
])('production warns at start: %s', (_, change, role, says) => {
  expect(warnings(change, role)).toEqual([expect.stringMatching(says)]);
});

test('production has nothing to warn of on one machine, nor with TLS; other environments never have', () => {
  expect(warnings({})).toEqual([]);
  for (const host of ['localhost', '127.0.0.1', '[::1]'])
    expect(warnings({ DATABASE_URL: `postgres://${host}/hub`, REDIS_URL: `redis://${host}` })).toEqual([]);
  expect(loadConfig({ REDIS_URL: 'redis://redis.example' }, 'all').warnings).toEqual([]);
});

test('metrics ask for no key, and on a development machine nobody else gets them', () => {
  expect(loadConfig({}, 'all').metricsHost).toBe('127.0.0.1');
  expect(loadConfig({ HUB_HOST: '0.0.0.0' }, 'all').metricsHost).toBe('127.0.0.1');
  expect(loadConfig({ ...production, HUB_HOST: '10.0.0.1' }, 'worker').metricsHost).toBe('10.0.0.1');
  expect(loadConfig({ ...production, METRICS_HOST: '10.0.0.2' }, 'worker').metricsHost).toBe('10.0.0.2');
});
