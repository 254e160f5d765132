import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { exportJWK, SignJWT, UnsecuredJWT } from 'jose';
import * as oauth from 'oauth4webapi';
import { expect } from 'vitest';
import { bootstrapKey, type StoredHub, storedTest } from './stored-hub.ts';

const issuer = 'https://hub.example';
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const minute = 60_000;

type Pair = { publicKey: KeyObject; privateKey: KeyObject };
const pairs = {
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: generateKeyPairSync('ed25519'),
};
const jwk = async ({ publicKey }: Pair, more: object = {}) => ({ ...(await exportJWK(publicKey)), ...more });

const keysPath = (tenantId: string) => `/operator/v1/tenants/${tenantId}/api-keys`;
const app = async (hub: StoredHub, more: object = {}) => {
  const tenant = await hub.tenant();
  const keys = [await jwk(pairs.ES256, { kid: 'e' }), await jwk(pairs.RS256, { kid: 'r' }), await jwk(pairs.EdDSA)];
  const made = await hub.call(bootstrapKey, 'POST', keysPath(tenant.id), {
    name: 'app',
    scopes: ['consents:read', 'keys:write', 'events:read'],
    publicKeys: { keys },
    ...more,
  });
  expect(made).toMatchObject({ status: 201, body: { kind: 'private_key_jwt', key: null, prefix: 'hub_a_' } });
  return { id: String(made.body['id']), tenant, made: made.body };
};

type Word = { alg?: string; by?: Pair; kid?: string; claims?: Record<string, unknown> };
const word = (hub: StoredHub, clientId: string, { alg = 'ES256', by = pairs.ES256, kid, claims }: Word = {}) => {
  const now = Math.floor(hub.clock.now().getTime() / 1000);
  const usual = { iss: clientId, sub: clientId, aud: issuer, exp: now + 60, iat: now, jti: randomUUID() };
  return new SignJWT({ ...usual, ...claims }).setProtectedHeader({ alg, ...(kid ? { kid } : {}) }).sign(by.privateKey);
};

const ask = async (hub: StoredHub, assertion: string, more: Record<string, string> = {}, headers = {}) => {
  const fields = { grant_type: 'client_credentials', client_assertion_type: assertionType };
  const form = new URLSearchParams({ ...fields, client_assertion: assertion, ...more });
  const response = await fetch(`${hub.url}/oauth/token`, { method: 'POST', body: form, headers });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
};
const me = (hub: StoredHub, token = '') => hub.call(token, 'GET', '/v1/me');

storedTest('an app signs with a key of its own, and calls with what it is handed for that', async ({ openStored }) => {
  const hub = await openStored();
  const { id, tenant } = await app(hub);
  // A client that knows nothing of this hub but where it is.
  const toHub = (url: string, options: object) => fetch(url.replace(issuer, hub.url), options);
  const options = { [oauth.customFetch]: toHub };
  const place = new URL(issuer);
  const server = await oauth.processDiscoveryResponse(
    place,
    await oauth.discoveryRequest(place, { ...options, algorithm: 'oauth2' }),
  );
  const pkcs8 = pairs.ES256.privateKey.export({ format: 'der', type: 'pkcs8' });
  const signing = { name: 'ECDSA', namedCurve: 'P-256' };
  const key = await crypto.subtle.importKey('pkcs8', new Uint8Array(pkcs8), signing, false, ['sign']);
  const told = await oauth.processClientCredentialsResponse(
    server,
    { client_id: id },
    await oauth.clientCredentialsGrantRequest(
      server,
      { client_id: id },
      oauth.PrivateKeyJwt({ key, kid: 'e' }),
      { scope: 'consents:read' },
      options,
    ),
  );
  expect(told).toMatchObject({ token_type: 'bearer', expires_in: 600, scope: 'consents:read' });
  expect(await me(hub, told.access_token)).toMatchObject({
    status: 200,
    body: { key: { id }, scopes: ['consents:read'] },
  });
  expect(await hub.call(told.access_token, 'GET', '/v1/consents')).toMatchObject({ status: 200 });
  expect(await hub.call(told.access_token, 'GET', '/v1/api-keys')).toMatchObject({ status: 403 });
  const { body } = await hub.call(
    bootstrapKey,
    'GET',
    `/operator/v1/audit?tenantId=${tenant.id}&action=access-token.granted`,
  );
  expect(body['items']).toMatchObject([{ action: 'access-token.granted', target: id, actor: { id, name: 'app' } }]);
  // What it says is read once, and its app looked up as seldom as a secret is.
  const looks = hub.looks.count;
  // All at once, since what is known of a secret is believed for 5 s.
  const answers = await Promise.all(Array.from({ length: 20 }, () => me(hub, told.access_token)));
  for (const { status } of answers) expect(status).toBe(200);
  expect(hub.looks.count - looks).toBeLessThanOrEqual(1);
  // Each kind of key, with its name and without.
  for (const [alg, by, kid] of [
    ['RS256', pairs.RS256, 'r'],
    ['PS256', pairs.RS256],
    ['EdDSA', pairs.EdDSA],
  ] as const) {
    const granted = await ask(hub, await word(hub, id, { alg, by, ...(kid ? { kid } : {}) }));
    expect(granted).toMatchObject({ status: 200, body: { scope: 'consents:read keys:write events:read' } });
  }
});

storedTest('an assertion is taken once, by whichever process, and for what it says alone', async ({ openStored }) => {
  const hub = await openStored();
  const other = await hub.another();
  const { id } = await app(hub);
  const now = Math.floor(hub.clock.now().getTime() / 1000);
  const once = await word(hub, id);
  const told = await Promise.all([hub, other, hub, other].map((one) => ask(one, once)));
  expect(told.map(({ status }) => status).toSorted()).toEqual([200, 401, 401, 401]);
  expect((await ask(await hub.another(), once)).body).toMatchObject({
    error: 'invalid_client',
    error_description: expect.stringContaining('jti'),
    error_uri: '/problems/client-unauthenticated',
  });
  // Whoever shows what was spent may have come by it on the way: the bank can see it, once a minute.
  const replays = '/operator/v1/audit?action=access-token.replay-refused';
  expect((await hub.call(bootstrapKey, 'GET', replays)).body['items']).toMatchObject([
    { target: id, actor: { id }, details: { address: expect.any(String) } },
  ]);
  const stranger = { ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }) };
  const refused: [string, Word][] = [
    ['signed', { by: stranger.ES256 }],
    ['signed', { kid: 'r' }],
    ['aud', { claims: { aud: 'https://elsewhere.example' } }],
    ['aud', { claims: { aud: [issuer, 'https://elsewhere.example'] } }],
    ['exp', { claims: { exp: now - 60 } }],
    ['exp', { claims: { exp: now + 400 } }],
    ['exp', { claims: { exp: undefined } }],
    ['iat', { claims: { iat: now + 60 } }],
    ['nbf', { claims: { nbf: now + 60 } }],
    ['jti', { claims: { jti: undefined } }],
    ['jti', { claims: { jti: 'x'.repeat(300) } }],
    ['iss', { claims: { iss: 'somebody' } }],
  ];
  for (const [why, how] of refused) {
    const { status, body } = await ask(hub, await word(hub, id, how));
    expect([status, body['error']], why).toEqual([401, 'invalid_client']);
    expect(body['error_description']).toContain(why);
  }
  const unsigned = new UnsecuredJWT({ jti: 'x' })
    .setIssuer(id)
    .setSubject(id)
    .setAudience(issuer)
    .setExpirationTime('1m');
  const shared = await new SignJWT({ iss: id, sub: id, aud: issuer, exp: now + 60, jti: 'y' })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(Buffer.from(JSON.stringify(await jwk(pairs.ES256))));
  for (const text of [unsigned.encode(), shared, 'no.jwt.atall', await word(hub, randomUUID()), await word(hub, 'me')])
    expect(await ask(hub, text)).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  const good = () => word(hub, id);
  expect(await ask(hub, await good(), { scope: 'tokens:read' })).toMatchObject({
    status: 400,
    body: { error: 'invalid_scope' },
  });
  expect(await ask(hub, await good(), { grant_type: 'password' })).toMatchObject({
    body: { error: 'unsupported_grant_type' },
  });
  expect(await ask(hub, await good(), { client_id: 'other' })).toMatchObject({ status: 401 });
  expect(await ask(hub, await good(), {}, { 'content-type': 'text/plain' })).toMatchObject({
    status: 400,
    body: { error: 'invalid_request' },
  });
});

storedTest('a token ends with its time, its app, its tenant and its keys', async ({ openStored }) => {
  const hub = await openStored();
  const other = await hub.another();
  const { id, tenant } = await app(hub);
  const granted = async () => String((await ask(hub, await word(hub, id))).body['access_token']);
  const opens = async (token: string) => (await me(other, token)).status;
  const first = await granted();
  expect(first).toMatch(/^hub_a_[\w-]+$/);
  expect(first.length).toBeLessThan(512);
  expect(await opens(first)).toBe(200);
  const changed = `${first.slice(0, -4)}${first.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`;
  for (const made of [changed, `${first}A`, 'hub_a_', `hub_a_${'A'.repeat(300)}`]) expect(await opens(made)).toBe(401);
  hub.clock.move(10 * minute);
  expect(await opens(first)).toBe(401);

  // With new keys the old ones sign no more; what was handed out goes on.
  const second = await granted();
  const fresh = generateKeyPairSync('ed25519');
  const path = `${keysPath(tenant.id)}/${id}`;
  const put = await hub.call(bootstrapKey, 'PATCH', path, { publicKeys: { keys: [await jwk(fresh)] } });
  expect(put).toMatchObject({
    status: 200,
    body: { publicKeys: { keys: [{ kty: 'OKP', kid: expect.stringMatching(/^[\w-]{43}$/) }] } },
  });
  expect((await ask(hub, await word(hub, id))).status).toBe(401);
  expect((await ask(hub, await word(hub, id, { alg: 'EdDSA', by: fresh }))).status).toBe(200);
  expect(await opens(second)).toBe(200);
  await hub.call(bootstrapKey, 'POST', `/operator/v1/tenants/${tenant.id}/suspend`);
  expect(await me(hub, second)).toMatchObject({ status: 403, body: { type: '/problems/tenant-suspended' } });
  expect(await ask(hub, await word(hub, id, { alg: 'EdDSA', by: fresh }))).toMatchObject({
    status: 403,
    body: { error: 'unauthorized_client' },
  });
  await hub.call(bootstrapKey, 'POST', `/operator/v1/tenants/${tenant.id}/resume`);
  await hub.call(bootstrapKey, 'DELETE', path);
  expect((await me(hub, second)).status).toBe(401);
  expect((await ask(hub, await word(hub, id, { alg: 'EdDSA', by: fresh }))).status).toBe(401);
});

storedTest(
  'public keys are read before they are kept, and a key hands on no more than it has',
  async ({ openStored }) => {
    const hub = await openStored();
    const tenant = await hub.tenant();
    const make = async (keys: unknown[]) =>
      hub.call(tenant.key, 'POST', '/v1/api-keys', { name: 'x', scopes: ['consents:read'], publicKeys: { keys } });
    const good = await jwk(pairs.ES256, { kid: 'a' });
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const wrong: [string, unknown[]][] = [
      ['private', [{ ...(await exportJWK(pairs.ES256.privateKey)) }]],
      ['private', [{ kty: 'oct', k: 'c2VjcmV0' }]],
      ['bits', [await jwk(short)]],
      ['exponent', [await jwk(generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }))]],
      ['curve', [await jwk(generateKeyPairSync('ec', { namedCurve: 'P-384' }))]],
      ['for ES256', [{ ...good, alg: 'HS256' }]],
      ['read', [{ ...good, x: good.y }]],
      ['kid of another', [good, good]],
      ['person', [{ ...good, kid: '25922947409' }]],
    ];
    for (const [why, keys] of wrong) {
      const told = await make(keys);
      expect(told, why).toMatchObject({ status: 422, body: { type: '/problems/public-key-invalid' } });
      expect(JSON.stringify(told.body['errors'])).toContain(why);
    }
    expect((await make([])).status).toBe(422);
    expect((await make(Array(6).fill(good))).status).toBe(422);
    const { body } = await make([{ ...good, x5c: ['left out'] }]);
    expect(body['publicKeys']).toEqual({ keys: [good] });

    // Whoever may change keys, and nothing else, makes itself no more by saying who signs for another.
    const keeper = await hub.call(tenant.key, 'POST', '/v1/api-keys', { name: 'keeper', scopes: ['keys:write'] });
    const change = (key: unknown, more: object) => hub.call(String(key), 'PATCH', `/v1/api-keys/${body['id']}`, more);
    expect(await change(keeper.body['key'], { publicKeys: { keys: [good] } })).toMatchObject({ status: 403 });
    expect(await change(keeper.body['key'], { name: 'other' })).toMatchObject({ status: 200, body: { name: 'other' } });
    expect(await change(tenant.key, { publicKeys: { keys: [good] } })).toMatchObject({ status: 200 });
    const secret = `/v1/api-keys/${keeper.body['id']}`;
    expect(await hub.call(tenant.key, 'PATCH', secret, { publicKeys: { keys: [good] } })).toMatchObject({
      status: 409,
      body: { type: '/problems/key-is-secret' },
    });
  },
);

storedTest('a token ends no later than the key of its app', async ({ openStored }) => {
  const hub = await openStored();
  const { id } = await app(hub, { expiresAt: new Date(hub.clock.now().getTime() + 5 * minute).toISOString() });
  const { body } = await ask(hub, await word(hub, id));
  expect(Number(body['expires_in'])).toBeGreaterThan(200);
  expect(Number(body['expires_in'])).toBeLessThanOrEqual(300);
  hub.clock.move(5 * minute);
  expect((await me(hub, body['access_token'])).status).toBe(401);
  expect((await ask(hub, await word(hub, id))).status).toBe(401);
});

storedTest('a stream of events ends with the token it was opened with', async ({ openStored }) => {
  const hub = await openStored();
  const { id } = await app(hub);
  const { body } = await ask(hub, await word(hub, id));
  const headers = { authorization: `Bearer ${body['access_token']}` };
  const stream = await fetch(`${hub.url}/v1/events/stream`, { headers });
  expect(stream.status).toBe(200);
  hub.clock.move(10 * minute);
  expect(await stream.text()).toContain(': the token has ended; come back with another');
});
