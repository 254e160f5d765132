import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { exportJWK, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { clientAddress } from '../../src/http/client-address.ts';
import { normalNetwork, openNetworks } from '../../src/lib/networks.ts';
import { bootstrapKey, storedTest } from './stored-hub.ts';

describe('networks', () => {
  test.each([
    ['192.0.2.0/24', '192.0.2.0/24'],
    ['192.0.2.7', '192.0.2.7/32'],
    ['::ffff:192.0.2.7', '192.0.2.7/32'],
    ['::ffff:192.0.2.0/120', '192.0.2.0/24'],
    ['2001:DB8::/32', '2001:db8::/32'],
    ['2001:db8::1', '2001:db8::1/128'],
    ['0.0.0.0/0', '0.0.0.0/0'],
  ])('%s is kept as %s', (text, kept) => {
    expect(normalNetwork(text)).toBe(kept);
  });

  test.each([
    '',
    '192.0.2.1/24',
    '192.0.2.0/33',
    '192.0.2.0/-1',
    '192.0.2.0/24/8',
    '192.0.2',
    '0300.0.2.0/24',
    '0xc0.0.2.1',
    '2001:db8::1/32',
    '2001:db8::/129',
    '::ffff:192.0.2.0/90',
    'fe80::1%eth0',
    'bank.example',
    '192.0.2.0/24 ',
  ])('%j is none', (text) => {
    expect(normalNetwork(text)).toBeUndefined();
  });

  test('an address is the same whatever it is dressed as, and one kind is never in the other', () => {
    const networks = openNetworks(['192.0.2.0/24', '2001:db8::/32']);
    for (const inside of ['192.0.2.9', '::ffff:192.0.2.9', '::ffff:c000:209', '2001:db8:0:1::9'])
      expect([inside, networks.hold(inside)]).toEqual([inside, true]);
    for (const outside of ['192.0.3.9', '::192.0.2.9', '2001:db9::9', '', 'nonsense', '192.0.2.9:80'])
      expect([outside, networks.hold(outside)]).toEqual([outside, false]);
    expect(['192.0.2.128/25', '192.0.2.0/23', '2001:db8:1::/48', '0.0.0.0/0'].map(networks.holdAllOf)).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });
});

test.each([
  ['nobody is trusted', [], '192.0.2.1', '203.0.113.9', '192.0.2.1'],
  ['who is not trusted may say what they want', ['10.0.0.0/8'], '192.0.2.1', '203.0.113.9', '192.0.2.1'],
  ['a proxy says whom it saw', ['10.0.0.0/8'], '10.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['so does one that listens on IPv6', ['10.0.0.0/8'], '::ffff:10.0.0.1', '::ffff:203.0.113.9', '203.0.113.9'],
  ['what stands left of that is made up', ['10.0.0.0/8'], '10.0.0.1', '198.51.100.1, 203.0.113.9', '203.0.113.9'],
  ['made up as one of ours, too', ['10.0.0.0/8'], '10.0.0.1', '10.9.9.9, 203.0.113.9', '203.0.113.9'],
  ['two proxies', ['10.0.0.0/8'], '10.0.0.1', '1.1.1.1, 203.0.113.9,10.0.0.2', '203.0.113.9'],
  ['with ports', ['10.0.0.0/8'], '10.0.0.1', '203.0.113.9:4711', '203.0.113.9'],
  ['with ports and brackets', ['10.0.0.0/8'], '10.0.0.1', '[2001:db8::9]:4711', '2001:db8::9'],
  ['without a word', ['10.0.0.0/8'], '10.0.0.1', undefined, '10.0.0.1'],
  ['from within', ['10.0.0.0/8'], '10.0.0.1', '10.0.0.7', '10.0.0.7'],
  ['hidden', ['10.0.0.0/8'], '10.0.0.1', '203.0.113.9, unknown', ''],
  ['nonsense', ['10.0.0.0/8'], '10.0.0.1', '203.0.113.9, 203.0.113.999', ''],
  ['a hole', ['10.0.0.0/8'], '10.0.0.1', '203.0.113.9, , 10.0.0.2', ''],
])('who calls: %s', (_, trusted, remoteAddress, said, address) => {
  const headers = said === undefined ? {} : { 'x-forwarded-for': said };
  const request = { socket: { remoteAddress }, headers } as unknown as Parameters<ReturnType<typeof clientAddress>>[0];
  expect(clientAddress(trusted)(request)).toBe(address);
});

const aSet = async () => ({ keys: [await exportJWK(generateKeyPairSync('ed25519').publicKey)] });

storedTest('a key is of use where it may be, and nowhere else, whatever the caller says', async ({ openStored }) => {
  const hub = await openStored();
  const tenant = await hub.tenant();
  const keys = `/operator/v1/tenants/${tenant.id}/api-keys`;
  const from = async (key: string, forwarded: string, path = '/v1/me', init: RequestInit = {}) => {
    const headers = { authorization: `Bearer ${key}`, 'x-forwarded-for': forwarded, ...init.headers };
    const response = await fetch(`${hub.url}${path}`, { ...init, headers });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const scopes = ['consents:read', 'keys:write'];
  const allowedAddresses = ['192.0.2.0/24', '::ffff:198.51.100.7', '2001:db8::/32'];
  const made = await hub.call(bootstrapKey, 'POST', keys, { name: 'here', scopes, allowedAddresses });
  expect(made.body['allowedAddresses']).toEqual(['192.0.2.0/24', '198.51.100.7/32', '2001:db8::/32']);
  const key = String(made.body['key']);
  for (const inside of ['192.0.2.9', '203.0.113.1, 192.0.2.9', '198.51.100.7', '::ffff:192.0.2.9', '2001:db8::5'])
    expect([inside, (await from(key, inside)).status]).toEqual([inside, 200]);
  for (const outside of ['203.0.113.1', '192.0.2.9, 203.0.113.1', '2001:db9::5', 'unknown', '127.0.0.1', '']) {
    const refused = { status: 403, body: { type: '/problems/address-not-allowed' } };
    expect(await from(key, outside), outside).toMatchObject(refused);
  }
  // Whoever goes on trying fills no audit.
  const audited = async () => {
    const { body } = await hub.call(bootstrapKey, 'GET', '/operator/v1/audit?action=api-key.address-refused');
    return body['items'] as Record<string, unknown>[];
  };
  const other = await hub.another();
  await fetch(`${other.url}/v1/me`, {
    headers: { authorization: `Bearer ${key}`, 'x-forwarded-for': '203.0.113.1' },
  });
  expect(await audited()).toMatchObject([{ target: made.body['id'], details: { address: '203.0.113.1' } }]);
  hub.clock.move(61_000);
  await from(key, '203.0.113.2');
  expect(await audited()).toHaveLength(2);

  // What it hands on reaches no further, and it does not lift its own limit.
  const post = (body: object) =>
    from(key, '192.0.2.9', '/v1/api-keys', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'x', scopes: ['consents:read'], ...body }),
    });
  expect((await post({})).body['allowedAddresses']).toEqual(made.body['allowedAddresses']);
  expect((await post({ allowedAddresses: ['192.0.2.64/26'] })).status).toBe(201);
  const beyond = { status: 422, body: { type: '/problems/allowed-addresses-beyond' } };
  expect(await post({ allowedAddresses: ['192.0.2.64/26', '203.0.113.0/24'] })).toMatchObject(beyond);
  const patch = (change: object, id = made.body['id']) =>
    from(key, '192.0.2.9', `/v1/api-keys/${id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(change),
    });
  expect(await patch({ allowedAddresses: null })).toMatchObject(beyond);
  // Nor does it say who signs for a key that is used from everywhere: it would have that one's reach.
  const { body: app } = await hub.call(bootstrapKey, 'POST', keys, { name: 'app', scopes, publicKeys: await aSet() });
  const signs = (change: object) => patch(change, app['id']);
  expect(await signs({ publicKeys: await aSet() })).toMatchObject(beyond);
  expect(await signs({ publicKeys: await aSet(), allowedAddresses: ['192.0.2.64/26'] })).toMatchObject({ status: 200 });
  expect(await signs({ publicKeys: await aSet() })).toMatchObject({ status: 200 });
  for (const wrong of [[], ['192.0.2.1/24'], ['bank.example'], Array(51).fill('192.0.2.1')])
    expect((await post({ allowedAddresses: wrong })).status).toBe(422);
  const lifted = await hub.call(bootstrapKey, 'PATCH', `${keys}/${made.body['id']}`, { allowedAddresses: null });
  expect(lifted).toMatchObject({ status: 200, body: { allowedAddresses: null } });
  expect((await from(key, '203.0.113.1')).status).toBe(200);
});

storedTest('an app that signs gets its token, and uses it, where it may be', async ({ openStored }) => {
  const hub = await openStored();
  const tenant = await hub.tenant();
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { body } = await hub.call(bootstrapKey, 'POST', `/operator/v1/tenants/${tenant.id}/api-keys`, {
    name: 'app',
    scopes: ['consents:read'],
    publicKeys: { keys: [await exportJWK(publicKey)] },
    allowedAddresses: ['192.0.2.0/24'],
  });
  const id = String(body['id']);
  const token = async (forwarded: string) => {
    const exp = Math.floor(hub.clock.now().getTime() / 1000) + 60;
    const said = { iss: id, sub: id, aud: 'https://hub.example/oauth/token', exp, jti: randomUUID() };
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await new SignJWT(said).setProtectedHeader({ alg: 'EdDSA' }).sign(privateKey),
    });
    const headers = { 'x-forwarded-for': forwarded };
    return fetch(`${hub.url}/oauth/token`, { method: 'POST', body: form, headers });
  };
  const refused = await token('203.0.113.1');
  expect([refused.status, await refused.json()]).toMatchObject([
    403,
    { error: 'unauthorized_client', error_uri: '/problems/address-not-allowed' },
  ]);
  const { access_token: shown } = (await (await token('192.0.2.9')).json()) as Record<string, string>;
  const me = async (forwarded: string) =>
    (await fetch(`${hub.url}/v1/me`, { headers: { authorization: `Bearer ${shown}`, 'x-forwarded-for': forwarded } }))
      .status;
  expect([await me('192.0.2.10'), await me('203.0.113.1')]).toEqual([200, 403]);
});
