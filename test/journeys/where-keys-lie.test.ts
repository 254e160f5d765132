import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import pg from 'pg';
import { afterAll, expect } from 'vitest';
import { certify, hasOpenssl, pkcs12 } from '../support/enterprise-certificate.ts';
import { hubTest, operatorOrgno, type World } from '../support/hub-test.ts';
import { hasSoftHsm, startSoftHsm } from '../support/soft-hsm.ts';

const clients = '/operator/v1/maskinporten-clients';
const scope = 'skatteetaten:inntekt';
const passphrase = 'åpne deg, Sesam';

const directory = mkdtempSync(join(tmpdir(), 'mounted-keys-'));
const hsm = hasSoftHsm ? startSoftHsm() : undefined;
hsm?.generate('in-the-hsm');
afterAll(() => {
  hsm?.close();
  rmSync(directory, { recursive: true });
});
const settings = {
  HUB_KEY_DIRECTORY: directory,
  ...(hsm ? { HUB_PKCS11_MODULE: hsm.module, HUB_PKCS11_PIN: hsm.pin, HUB_PKCS11_TOKEN: hsm.token } : {}),
};

const newKey = (): KeyObject => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const pemOf = (key: KeyObject): string => String(key.export({ type: 'pkcs8', format: 'pem' }));
const mount = (name: string, text: string): void => writeFileSync(join(directory, name), text);

type Client = { id: string; name: string; keys: Record<string, unknown>[] };
const listed = async ({ call }: World): Promise<Client[]> =>
  (await call('operator', 'GET', clients)).body['items'] as Client[];

const asked = (name: string, key: object) => ({
  name,
  clientId: `client-${name}`,
  purpose: 'data',
  scopes: [scope],
  key,
});

/** Adds a client with that key, and does at Maskinporten what an operator does there. */
const add = async ({ call, sandbox }: World, name: string, key: object): Promise<Record<string, unknown>> => {
  const made = await call('operator', 'POST', clients, asked(name, key));
  expect(made).toMatchObject({ status: 201, body: { keys: [{ state: 'active', fault: null }] } });
  const jwks = await call('operator', 'GET', `${clients}/${made.body['id']}/jwks.json`);
  const [shown] = jwks.body['keys'] as { kid?: string }[];
  const registered = await fetch(`${sandbox.url}/sandbox/clients`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    // An enterprise certificate is not registered.
    body: JSON.stringify({ clientId: `client-${name}`, scopes: [scope], ...(shown?.kid ? { jwks: jwks.body } : {}) }),
  });
  expect(registered.status).toBe(201);
  await sandbox.advance(11 * 60 * 1000); // a new key is not known at once
  return made.body;
};

/** How the client that a token was got with proved itself. */
const proof = async ({ call }: World): Promise<string> => {
  const { status, body } = await call('bank', 'POST', '/v1/tokens', { scope });
  expect(status).toBe(200);
  const { client_id, client_amr } = decodeJwt(String(body['token']));
  return `${client_id} ${client_amr}`;
};

const letGo = async ({ call }: World, name: string): Promise<void> => {
  for (const { id, name: other } of await listed({ call } as World))
    if (other === name) await call('operator', 'PATCH', `${clients}/${id}`, { scopes: [] });
};

hubTest(
  'a key signs from wherever it lies: an enterprise certificate, a mounted file, an HSM',
  async (world) => {
    await letGo(world, 'Income');
    const key = newKey();
    mount('bank.pem', pemOf(key));
    const own = certify({ seid2: operatorOrgno, from: '2020-01-01', to: '2036-01-01' });
    const ways: [name: string, key: object, amr: string, shown: object][] = [
      ['mounted', { file: 'bank.pem', kid: 'mounted-key' }, 'private_key_jwt', { source: { file: 'bank.pem' } }],
      [
        'locked',
        {
          pem: String(newKey().export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase })),
          passphrase,
          kid: 'was-locked',
        },
        'private_key_jwt',
        { source: null },
      ],
    ];
    if (hasOpenssl)
      ways.push([
        'enterprise',
        { pkcs12: pkcs12(own, passphrase), passphrase },
        'virksomhetssertifikat',
        { kid: null, expiresAt: '2036-01-01T00:00:00.000Z' },
      ]);
    if (hsm)
      ways.push([
        'hsm',
        { pkcs11: 'in-the-hsm', kid: 'hsm-key' },
        'private_key_jwt',
        { source: { pkcs11: 'in-the-hsm' } },
      ]);
    for (const [name, given, amr, shown] of ways) {
      const { keys } = await add(world, name, given);
      expect(keys).toMatchObject([shown]);
      expect(await proof(world)).toBe(`client-${name} ${amr}`);
      await letGo(world, name);
    }
    const database = new pg.Client({
      connectionString: world.adminUrl.replace(/[^/]*$/, '') + world.databaseUrl.split('/').at(-1),
    });
    await database.connect();
    const { rows } = await database.query('select source, private_sealed is null as empty from maskinporten_keys');
    await database.end();
    expect(rows.filter(({ source, empty }) => (source === null) === empty)).toEqual([]);
    const told = JSON.stringify(await listed(world)) + world.logs.join('');
    for (const secret of [passphrase, ...(hsm ? [hsm.pin] : []), 'PRIVATE', own.base64.slice(0, 60)])
      expect(told).not.toContain(secret);
  },
  settings,
);

hubTest(
  'a key that cannot be used is refused with a word of why, and nothing is stored',
  async (world) => {
    const { call } = world;
    const before = await listed(world);
    const locked = String(newKey().export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }));
    const foreign = certify({ seid2: '983163327', from: '2020-01-01' });
    mount('foreign.pem', foreign.keyPem + foreign.certificatePem);
    mount('fine.pem', pemOf(newKey()));
    const taken = { ...newKey().export({ format: 'jwk' }), kid: before[0]?.keys[0]?.['kid'] };
    mount('taken.jwk', JSON.stringify(taken));
    type Wrong = [key: object, field: string, why: RegExp];
    const wrong: Wrong[] = [
      [{ pem: locked, kid: 'a' }, '/passphrase', /locked with a passphrase, and none was given/],
      [{ pem: locked, kid: 'a', passphrase: 'Sesam' }, '/passphrase', /does not open/],
      [{ pem: foreign.keyPem, certificateChain: [foreign.base64] }, '/certificateChain', /organisation 983163327/],
      [{ file: 'nowhere.pem', kid: 'a' }, '/file', /no such file/],
      [{ file: 'foreign.pem' }, '/file', /organisation 983163327/],
      [{ file: 'fine.pem' }, '/file', /needs the `kid`/],
      [{ file: 'taken.jwk' }, '/file', /^Another key has the same `kid`.$/],
    ];
    if (hsm) wrong.push([{ pkcs11: 'unknown', kid: 'a' }, '/pkcs11', /no private key with this label/]);
    const [client] = before;
    for (const [key, field, why] of wrong) {
      const problem = (place: string) => ({
        status: 422,
        body: {
          type: '/problems/key-unusable',
          detail: expect.stringMatching(why),
          errors: [{ field: `${place}${field}`, code: 'key-unusable' }],
        },
      });
      expect(await call('operator', 'POST', clients, asked('wrong', key))).toMatchObject(problem('/key'));
      expect(await call('operator', 'POST', `${clients}/${client?.id}/keys`, key)).toMatchObject(problem(''));
    }
    expect(await listed(world)).toEqual(before);
    // What was asked for in vain may be asked for again.
    await add(world, 'wrong', { file: 'fine.pem', kid: 'a' });
    expect(world.logs.join('')).not.toContain(passphrase);
  },
  settings,
);

hubTest(
  'another key in the mounted file is never used: the operator has to move, and then it goes on',
  async (world) => {
    const { call, sandbox } = world;
    await letGo(world, 'Income');
    const key = newKey();
    mount('rotated.pem', pemOf(key));
    await add(world, 'rotated', { file: 'rotated.pem', kid: 'rotated-key' });
    expect(await proof(world)).toBe('client-rotated private_key_jwt');
    mount('rotated.pem', pemOf(newKey()));
    const grants = (await sandbox.calls('token')).length;
    await sandbox.advance(30 * 60 * 1000); // the token's end
    expect(await call('bank', 'POST', '/v1/tokens', { scope })).toMatchObject({
      status: 409,
      body: { type: '/problems/client-key-unavailable', mover: 'operator' },
    });
    expect(
      (await sandbox.calls('token'))
        .slice(grants)
        .map(({ body }) => JSON.stringify(body))
        .join(),
    ).not.toContain('client-rotated');
    expect(world.logs.some((line) => line.includes('"level":"error"') && line.includes('another key'))).toBe(true);
    mount('rotated.pem', pemOf(key));
    await sandbox.advance(60 * 1000); // as long as a refusal is believed
    expect(await proof(world)).toBe('client-rotated private_key_jwt');
  },
  settings,
);
