import { createPublicKey, randomBytes, verify } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { expect, onTestFinished } from 'vitest';
import { issue } from '../clients/webhook-receivers/certificates.ts';
import { hubTest, type World } from '../support/hub-test.ts';
import type { Received } from '../support/receiver.ts';
import { watchWritten } from './everything-written.ts';
import { hour } from './in-time.ts';

const base = '/v1/webhook-endpoints';

/** As a receiver verifies `v1a`: nothing but the public key and what came. */
const isVerifiedBy = (publicKey: string, { headers, body }: Received): boolean => {
  const x = Buffer.from(publicKey.replace('whpk_', ''), 'base64').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const signed = Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`);
  return String(headers['webhook-signature'])
    .split(' ')
    .filter((one) => one.startsWith('v1a,'))
    .some((one) => verify(null, signed, key, Buffer.from(one.slice(4), 'base64')));
};

const kindsIn = ({ headers }: Received): string[] =>
  String(headers['webhook-signature'])
    .split(' ')
    .map((one) => one.split(',')[0] ?? '');

/** Tests an endpoint and answers what came there. */
const pinged = async ({ call, receiver }: World, path: string): Promise<Received> => {
  receiver.received.length = 0;
  expect(await call('bank', 'POST', `${path}/test`)).toMatchObject({ status: 202 });
  return receiver.got('ping');
};

const lastTry = async ({ call, settled }: World, path: string) => {
  expect(await call('bank', 'POST', `${path}/test`)).toMatchObject({ status: 202 });
  await settled();
  const { body } = await call('bank', 'GET', `${path}/deliveries?limit=1`);
  const [delivery] = body['items'] as { attempts: { error: string | null; answer: string | null }[] }[];
  return delivery?.attempts.at(-1);
};

const auditOf = async ({ call }: World, id: unknown) => {
  const { body } = await call('operator', 'GET', '/operator/v1/audit?limit=200');
  return (body['items'] as { target: string; action: string; details: object }[]).filter(({ target }) => target === id);
};

hubTest('a bank may have its webhooks signed so that nobody else can sign them', async (world) => {
  const { call, receiver, sandbox } = world;
  const made = await call('bank', 'POST', base, { url: `${receiver.url}/pair`, signing: 'v1a' });
  expect(made).toMatchObject({
    status: 201,
    body: { signing: 'v1a', secret: null, publicKeys: [expect.stringMatching(/^whpk_[\w+/]{43}=$/)] },
  });
  const path = `${base}/${made.body['id']}`;
  const [first = ''] = made.body['publicKeys'] as string[];
  const alone = await pinged(world, path);
  expect([kindsIn(alone), isVerifiedBy(first, alone)]).toEqual([['v1a'], true]);

  // A new pair: both sign for a while, and both are published.
  const rotated = await call('bank', 'POST', `${path}/rotate-secret`, { overlapSeconds: 3600 });
  expect(rotated.body).toMatchObject({ secret: null, publicKeys: [expect.any(String), first] });
  const [second = ''] = rotated.body['publicKeys'] as string[];
  expect(second).not.toBe(first);
  expect((await call('bank', 'GET', path)).body['publicKeys']).toEqual([second, first]);
  const both = await pinged(world, path);
  expect([kindsIn(both), isVerifiedBy(first, both), isVerifiedBy(second, both)]).toEqual([['v1a', 'v1a'], true, true]);
  await sandbox.advance(2 * hour);
  expect((await call('bank', 'GET', path)).body['publicKeys']).toEqual([second]);
  const later = await pinged(world, path);
  expect([kindsIn(later), isVerifiedBy(first, later), isVerifiedBy(second, later)]).toEqual([['v1a'], false, true]);

  // Back to a shared secret, beside which the pair signs for a day.
  const changed = await call('bank', 'PATCH', path, { signing: 'v1' });
  expect(changed.body).toMatchObject({ signing: 'v1', secret: expect.stringMatching(/^whsec_/), publicKeys: [second] });
  const mixed = await pinged(world, path);
  expect([kindsIn(mixed), isVerifiedBy(second, mixed)]).toEqual([['v1', 'v1a'], true]);
  await sandbox.advance(25 * hour);
  expect(kindsIn(await pinged(world, path))).toEqual(['v1']);
  expect((await call('bank', 'GET', path)).body).toMatchObject({ signing: 'v1', publicKeys: [] });
  // What it is already stays as it is.
  expect((await call('bank', 'PATCH', path, { signing: 'v1' })).body['secret']).toBeUndefined();
});

hubTest('a bank may bring its own secret, if nobody can guess it', async (world) => {
  const { call, receiver } = world;
  const secret = `whsec_${randomBytes(24).toString('base64')}`;
  const add = (ask: object) => call('bank', 'POST', base, { url: `${receiver.url}/own`, ...ask });
  for (const wrong of [
    { secret: `whsec_${randomBytes(23).toString('base64')}` },
    { secret: `whsec_${randomBytes(65).toString('base64')}` },
    { secret: 'whsec_' },
    { secret: randomBytes(24).toString('base64') },
    { secret: `whsec_${Buffer.alloc(32, 'a').toString('base64')}` },
    { secret: 'whsec_not base64, though it is long enough for one' },
    { secret, signing: 'v1a' },
  ])
    expect(await add(wrong)).toMatchObject({
      status: 422,
      body: { type: '/problems/webhook-secret-invalid', errors: [{ field: '/secret' }] },
    });
  const made = await add({ secret });
  expect(made).toMatchObject({ status: 201, body: { secret } });
  const path = `${base}/${made.body['id']}`;
  const { body, headers } = await pinged(world, path);
  expect(() => new Webhook(secret).verify(body, headers as Record<string, string>)).not.toThrow();
  const next = `whsec_${randomBytes(64).toString('base64')}`;
  const rotated = await call('bank', 'POST', `${path}/rotate-secret`, { secret: next, overlapSeconds: 0 });
  expect(rotated.body['secret']).toBe(next);
  expect(await call('bank', 'POST', `${path}/rotate-secret`, { secret: 'whsec_short' })).toMatchObject({ status: 422 });
});

hubTest('a receiver may ask for a token, which is fetched once and shown to nobody else', async (world) => {
  const { call, receiver, logs } = world;
  const watched = await watchWritten(world);
  const clientSecret = `client-${randomBytes(16).toString('hex')}`;
  const token = `token-${randomBytes(16).toString('hex')}`;
  let asked = 0;
  const server = createServer((request, response) => {
    request.resume();
    asked += 1;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 3600 }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const tokenUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  const auth = { kind: 'oauth', tokenUrl, clientId: 'samtykkehub', clientSecret, scope: 'events' };
  const made = await call('bank', 'POST', base, { url: `${receiver.url}/oauth`, auth });
  const shown = { kind: 'oauth', tokenUrl, clientId: 'samtykkehub', scope: 'events', clientAuthentication: 'basic' };
  expect(made).toMatchObject({ status: 201, body: { auth: shown } });
  expect(made.body['auth']).toEqual(shown);
  const path = `${base}/${made.body['id']}`;
  expect((await pinged(world, path)).headers['authorization']).toBe(`Bearer ${token}`);
  expect((await pinged(world, path)).headers['authorization']).toBe(`Bearer ${token}`);
  expect(asked).toBe(1);

  // Whoever may change the address learns nothing by it.
  const elsewhere = receiver.url.replace('localhost', '127.0.0.1');
  expect(await call('bank', 'PATCH', path, { url: `${elsewhere}/oauth` })).toMatchObject({
    status: 422,
    body: { type: '/problems/webhook-auth-needed', errors: [{ field: '/url' }] },
  });
  expect((await call('bank', 'PATCH', path, { url: `${receiver.url}/other-path` })).status).toBe(200);
  expect(await call('bank', 'PATCH', path, { url: `${elsewhere}/oauth`, auth: null })).toMatchObject({
    status: 200,
    body: { auth: null },
  });
  expect((await pinged(world, path)).headers['authorization']).toBeUndefined();

  const written = (await watched.all()).map(([place, text]) => `${place}: ${text}`);
  await watched.close();
  const audit = await auditOf(world, made.body['id']);
  expect(audit.find(({ action }) => action === 'webhook-endpoint.created')?.details).toMatchObject({
    auth: 'oauth',
    tokenHost: new URL(tokenUrl).host,
  });
  for (const text of [...logs, ...written, JSON.stringify(audit)])
    expect([clientSecret, token].filter((secret) => text.includes(secret))).toEqual([]);
});

hubTest('a receiver may ask for a certificate, of which the key is shown to nobody', async (world) => {
  const { call, receiver, logs } = world;
  const pair = issue('samtykkehub', { by: issue('Authority of the bank') });
  const add = (auth: object) => call('bank', 'POST', base, { url: `${receiver.url}/mtls`, auth });
  const made = await add({ kind: 'mtls', ...pair });
  expect(made).toMatchObject({ status: 201 });
  expect(made.body['auth']).toEqual({
    kind: 'mtls',
    subject: 'CN=samtykkehub',
    issuer: 'CN=Authority of the bank',
    expiresAt: '2036-01-01T00:00:00.000Z',
  });
  const stranger = issue('another');
  const refused = await add({ kind: 'mtls', ...pair, privateKey: stranger.privateKey });
  expect(refused).toMatchObject({
    status: 422,
    body: { type: '/problems/webhook-auth-invalid', errors: [{ field: '/auth/privateKey' }] },
  });
  for (const auth of [{ kind: 'mtls' }, { kind: 'mtls', certificate: 'x', privateKey: 'x' }, { kind: 'basic' }, {}])
    expect(await add(auth)).toMatchObject({ status: 422 });
  for (const tokenUrl of ['http://10.0.0.1/', 'https://user:secret@bank.example/', 'http://127.0.0.1:1/#x'])
    expect((await add({ kind: 'oauth', tokenUrl, clientId: 'a', clientSecret: 'b' })).status).toBe(422);
  const keys = [pair, stranger].map(({ privateKey }) => privateKey.split('\n')[3] ?? 'none');
  const told = [made, refused, await call('bank', 'GET', base), await auditOf(world, made.body['id'])];
  for (const text of [...logs, ...told.map((one) => JSON.stringify(one))])
    expect(keys.filter((key) => text.includes(key))).toEqual([]);
});

hubTest(
  'a receiver inside is reached once the operator has allowed it, and the hub’s own house never',
  async (world) => {
    const { call, receiver, banks, databaseUrl, url: hubUrl } = world;
    const made = await call('bank', 'POST', base, { url: 'https://bank.example/hook', status: 'disabled' });
    expect(made).toMatchObject({ status: 201, body: { status: 'disabled', privateTarget: null } });
    const path = `${base}/${made.body['id']}`;
    const move = (url: string) => call('bank', 'PATCH', path, { url, status: 'enabled' });
    const house = `/operator/v1/tenants/${banks.bank.id}/webhook-endpoints/${made.body['id']}/private-target`;
    const allow = (host: string, port: number) => call('operator', 'POST', house, { host, port });
    const { port } = new URL(receiver.url);
    const refused = { status: 422, body: { type: '/problems/webhook-url-invalid' } };
    expect(await move(`${receiver.url}/inside`)).toMatchObject(refused);

    for (const [host, number] of [
      ['169.254.169.254', 80],
      ['metadata.google.internal', 80],
      ['100.100.100.200', 443],
      ['[fd00:ec2::254]', 443],
      ['[::ffff:127.0.0.1]', Number(port)],
      ['127.0.0.1', Number(new URL(databaseUrl).port)],
      ['localhost', Number(new URL(databaseUrl).port)],
      ['localhost', Number(new URL(hubUrl).port)],
    ] as const)
      expect(await allow(host, number), `${host}:${number}`).toMatchObject({
        status: 422,
        body: { type: '/problems/private-target-invalid', errors: [{ field: '/host' }] },
      });
    for (const body of [{ host: 'a/b', port: 1 }, { host: 'user@a', port: 1 }, { host: 'a', port: 0 }, { host: 'a' }])
      expect((await call('operator', 'POST', house, body)).status).toBe(422);
    const stranger = house.replace(banks.bank.id, banks.insurer.id);
    expect(await call('operator', 'POST', stranger, { host: 'localhost', port: 1 })).toMatchObject({ status: 404 });

    expect(await allow('LOCALHOST', Number(port))).toMatchObject({
      status: 200,
      body: { origin: 'https://bank.example', privateTarget: { host: 'localhost', port: Number(port) } },
    });
    expect(await move(`${receiver.url}/inside`)).toMatchObject({ status: 200, body: { status: 'enabled' } });
    expect((await pinged(world, path)).event.type).toBe('ping');
    // It is one endpoint's, one host's and one port's.
    expect(await call('bank', 'POST', base, { url: `${receiver.url}/other` })).toMatchObject(refused);
    expect(await move(`http://127.0.0.1:${port}/`)).toMatchObject(refused);
    expect(await move(`http://localhost:${Number(port) + 1}/`)).toMatchObject(refused);
    const listed = await call('operator', 'GET', `/operator/v1/tenants/${banks.bank.id}/webhook-endpoints`);
    expect(listed.body['items']).toMatchObject([{ origin: receiver.url, privateTarget: { host: 'localhost' } }]);
    expect(JSON.stringify(listed.body)).not.toContain('/inside');

    // Withdrawn, it is shut again, though its connection may still be open.
    expect(await call('operator', 'DELETE', house)).toMatchObject({ status: 200, body: { privateTarget: null } });
    expect(await lastTry(world, path)).toMatchObject({ error: 'refused-address' });
    const actions = (await auditOf(world, made.body['id'])).map(({ action, details }) => [action, details]);
    expect(actions).toContainEqual([
      'webhook-endpoint.private-target-allowed',
      { host: 'localhost', port: Number(port) },
    ]);
    expect(actions).toContainEqual([
      'webhook-endpoint.private-target-withdrawn',
      { host: 'localhost', port: Number(port) },
    ]);
  },
  { HUB_EGRESS_ALLOW: '' },
);
