import { expect, test } from 'vitest';
import { bank, firstKey, type Neighbour, openNeighbour, secondKey } from './neighbour.ts';

const api = '/sandbox/api/v1';
const posted = (key: typeof firstKey) => ({ ...key.jwk, use: 'sig' });

/** The operator's client for self-service, with a token of its own. */
const withToken = async (neighbour: Neighbour, scope = 'idporten:dcr.write') => {
  await neighbour.control('POST', 'clients', {
    clientId: 'admin',
    scopes: ['idporten:dcr.read', 'idporten:dcr.modify', 'idporten:dcr.write', 'skatteetaten:inntekt'],
    jwks: { keys: [firstKey.jwk] },
  });
  const { status, body } = await neighbour.ask({ iss: 'admin', scope });
  expect([status, body]).toEqual([200, expect.anything()]);
  const headers = { authorization: `Bearer ${body['access_token']}` };
  return (method: string, path: string, sent?: unknown) => neighbour.send(method, `${api}${path}`, sent, headers);
};

const wanted = {
  integration_type: 'maskinporten',
  application_type: 'web',
  client_name: 'Income',
  description: 'Income of borrowers',
  token_endpoint_auth_method: 'private_key_jwt',
  grant_types: ['urn:ietf:params:oauth:grant-type:jwt-bearer'],
  scopes: ['idporten:dcr.read'],
};

test('clients are made, read, changed and closed; what is not shown cannot be sent back', async () => {
  const call = await withToken(await openNeighbour());
  const made = await call('POST', '/clients', wanted);
  expect(made).toMatchObject({ status: 200, body: { ...wanted, client_orgno: '310149942', active: true } });
  const id = String(made.body['client_id']);
  expect((await call('PUT', `/clients/${id}`, made.body)).body['errors']).toMatchObject([
    { isFieldError: true, objectName: 'Client', fieldIdentifier: 'created' },
    { fieldIdentifier: 'last_updated' },
  ]);
  const scopes = ['idporten:dcr.read', 'skatteetaten:inntekt'];
  expect((await call('PUT', `/clients/${id}`, { ...wanted, scopes })).body['scopes']).toEqual(scopes);
  expect((await call('DELETE', `/clients/${id}`)).status).toBe(204);
  const ids = async (query: string) =>
    ((await call('GET', `/clients${query}`)).body as unknown as { client_id: string }[]).map((one) => one.client_id);
  expect(await ids('')).not.toContain(id);
  expect(await ids('?inactive=true')).toContain(id);
  expect((await call('POST', '/clients', { ...wanted, client_id: id })).status).toBe(409);
  expect((await call('POST', '/clients', { ...wanted, scopes: ['no:such'] })).body['error']).toBe(
    ', Invalid scope: no:such',
  );
});

test.each([
  ['no keys', []],
  ['six keys', Array.from({ length: 6 }, (_, index) => ({ ...posted(firstKey), kid: `k${index}` }))],
  ['no use', [firstKey.jwk]],
  ['a kid with a slash', [{ ...posted(firstKey), kid: 'a/b' }]],
  ['one kid twice', [posted(firstKey), posted(firstKey)]],
  ['a private key', [{ ...posted(firstKey), d: 'abc' }]],
])('a set with %s is refused, and the one before stays', async (_what, keys) => {
  const neighbour = await openNeighbour();
  const call = await withToken(neighbour);
  for (const method of ['POST', 'PUT'])
    expect(await call(method, '/clients/admin/jwks', { keys })).toMatchObject({
      status: 400,
      body: { errors: [{ isFieldError: true }], correlation_id: expect.any(String) },
    });
  expect((await call('GET', '/clients/admin/jwks')).body['keys']).toMatchObject([{ kid: 'one' }]);
});

test('a set is replaced as a whole, tells when its keys end, and is known at the token endpoint some time later', async () => {
  const neighbour = await openNeighbour();
  const call = await withToken(neighbour);
  await neighbour.control('POST', 'settings', { selfServiceDelaySeconds: 60 });
  const year = Math.floor(neighbour.clock.now().getTime() / 1000) + 365 * 86_400;
  expect(await call('POST', '/clients/hub/jwks', { keys: [{ ...posted(secondKey), exp: year - 100 }] })).toMatchObject({
    status: 200,
    body: { keys: [{ kid: 'two', exp: year - 100 }] },
  });
  const taken = async (key: typeof firstKey) => (await neighbour.ask({ consumer_org: bank }, { key })).status;
  expect([await taken(firstKey), await taken(secondKey)]).toEqual([200, 400]);
  neighbour.clock.move(30_000);
  await call('POST', '/clients/hub/jwks', { keys: [posted(firstKey), posted(secondKey)] });
  neighbour.clock.move(30_000);
  expect([await taken(firstKey), await taken(secondKey)]).toEqual([400, 200]);
  neighbour.clock.move(30_000);
  expect([await taken(firstKey), await taken(secondKey)]).toEqual([200, 200]);
  expect((await call('DELETE', '/clients/hub/jwks')).status).toBe(204);
  expect((await call('GET', '/clients/hub/jwks')).body['keys']).toEqual([]);
});

test('only a token with the scope for it opens a call, once the terms are signed', async () => {
  const neighbour = await openNeighbour();
  expect((await neighbour.send('GET', `${api}/clients`)).status).toBe(401);
  const reader = await withToken(neighbour, 'idporten:dcr.read');
  expect((await reader('GET', '/clients/hub')).status).toBe(200);
  expect((await reader('GET', '/clients/other')).status).toBe(404);
  expect((await reader('POST', '/clients/hub/jwks', { keys: [posted(firstKey)] })).status).toBe(403);
  expect((await (await withToken(neighbour, 'idporten:dcr.modify'))('POST', '/clients', wanted)).status).toBe(403);
  const delegated = await neighbour.ask({ consumer_org: bank });
  const foreign = { authorization: `Bearer ${delegated.body['access_token']}` };
  expect((await neighbour.send('GET', `${api}/clients`, undefined, foreign)).status).toBe(403);
  expect((await reader('GET', '/scopes/access/all')).body).toMatchObject([
    { scope: 'idporten:dcr.read', state: 'APPROVED' },
    { scope: 'idporten:dcr.modify' },
    { scope: 'idporten:dcr.write' },
  ]);
  expect((await neighbour.send('GET', `${api}/delegationsources`)).body).toMatchObject([
    { issuer: 'https://tt02.altinn.no/' },
  ]);
  await neighbour.control('POST', 'settings', { selfServiceTermsSigned: false });
  expect(await reader('GET', '/clients')).toMatchObject({ status: 428, body: { error: 'PRECONDITION_REQUIRED' } });
});
