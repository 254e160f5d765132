import { expect, test } from 'vitest';
import { certificateFor } from './certificate.ts';
import { bank, department, firstKey, openNeighbour, operator, secondKey, writeScope } from './neighbour.ts';
import { login, refused } from './refused.ts';

test('metadata has exactly the members of the real document, and jwk a key', async () => {
  const { send, issuer } = await openNeighbour();
  const { body } = await send('GET', '/maskinporten/.well-known/oauth-authorization-server');
  expect(body).toEqual({
    issuer,
    token_endpoint: `${issuer}token`,
    jwks_uri: `${issuer}jwk`,
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['RS256', 'RS384', 'RS512'],
    grant_types_supported: ['urn:ietf:params:oauth:grant-type:jwt-bearer'],
    authorization_details_types_supported: ['urn:altinn:systemuser', 'urn:altinn:consent'],
  });
  expect((await send('GET', '/maskinporten/jwk')).body.keys).toHaveLength(1);
});

test('a delegated token has the claims of the samples, and no more', async () => {
  const { ask, decode, issuer, clock } = await openNeighbour();
  const { status, body } = await ask({ consumer_org: bank });
  expect(status).toBe(200);
  expect(body).toEqual({ access_token: expect.any(String), token_type: 'Bearer', expires_in: 120, scope: writeScope });
  const now = clock.now().getTime() / 1000;
  expect(decode(body.access_token as unknown as string)).toEqual({
    scope: writeScope,
    supplier: { authority: 'iso6523-actorid-upis', ID: `0192:${operator}` },
    consumer: { authority: 'iso6523-actorid-upis', ID: `0192:${bank}` },
    delegation_source: 'https://tt02.altinn.no/',
    iss: issuer,
    client_amr: 'private_key_jwt',
    token_type: 'Bearer',
    iat: now,
    exp: now + 120,
    client_id: 'hub',
    jti: expect.stringMatching(/^[\w-]{43}$/),
  });
});

test('resource becomes the audience, pid the person, and RS512 is as good as RS256', async () => {
  const { ask, decode } = await openNeighbour();
  const { body } = await ask(
    { consumer_org: bank, resource: ['https://api.example/'], pid: '25922947409', nbf: 1, sub: 'hub' },
    { alg: 'RS512' },
  );
  expect(decode(body.access_token as unknown as string)).toMatchObject({
    aud: ['https://api.example/'],
    pid: '25922947409',
  });
});

test('what is no grant at all is refused in the words of OAuth', async () => {
  const { issuer } = await openNeighbour();
  const post = async (form: Record<string, string>) => {
    const response = await fetch(`${issuer}token`, { method: 'POST', body: new URLSearchParams(form) });
    return { status: response.status, body: await response.json() };
  };
  expect(await post({ grant_type: 'client_credentials' })).toMatchObject({
    status: 400,
    body: { error: 'unsupported_grant_type' },
  });
  const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
  expect(await post({ grant_type })).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
});

test('a malformed grant is MP-011: not a JWT, wrong algorithm, wrong type, unknown claim', async () => {
  const { ask, post, issuer } = await openNeighbour();
  const malformed = refused(issuer, {
    code: 'MP-011',
    error: 'invalid_request',
    text: 'Invalid assertion. Invalid parameter value',
  });
  expect(await post('line\nbreak')).toMatchObject(malformed);
  expect(await ask({}, { alg: 'PS256' })).toMatchObject(malformed);
  expect(await ask({ scope: undefined })).toMatchObject(malformed);
  expect(await ask({ consumer_org: 313876144 })).toMatchObject(malformed);
  expect(await ask({ consumer_orgno: bank })).toMatchObject(malformed);
  expect(await ask({ iss_onbehalfof: 'somebody' })).toMatchObject(malformed);
});

test('an unknown client is MP-100, and a wrong audience MP-110: the slash counts, and one value only', async () => {
  const { ask, issuer, control } = await openNeighbour();
  const unknown = refused(issuer, { code: 'MP-100', error: 'invalid_grant', text: `${login} Client not found` });
  expect(await ask({ iss: 'stranger' })).toEqual(expect.objectContaining(unknown));
  const audience = refused(issuer, { code: 'MP-110', error: 'invalid_grant', text: `${login} Invalid JWT claim aud.` });
  for (const aud of [issuer.slice(0, -1), `${issuer}token`, [issuer, 'https://other.example/']]) {
    expect(await ask({ aud })).toEqual(expect.objectContaining(audience));
  }
  await control('DELETE', 'clients/hub');
  expect(await ask()).toEqual(expect.objectContaining(unknown));
});

test('keys: unknown name, no name, older than a year, and a signature by another', async () => {
  const { ask, issuer, clock } = await openNeighbour();
  const kidText = `${login} Unknown key identifier (kid) for client.`;
  expect(await ask({}, { key: secondKey })).toEqual(
    expect.objectContaining(refused(issuer, { code: null, error: 'invalid_grant', text: kidText })),
  );
  const noKid = `${login} Invalid JWT. The client requires pre-registered jwk and no key identifier (kid) provided`;
  expect(await ask({}, { key: { privateKey: firstKey.privateKey }, header: { x5c: ['AAAA'] } })).toEqual(
    expect.objectContaining(refused(issuer, { code: null, error: 'invalid_grant', text: noKid })),
  );
  expect(await ask({}, { key: { kid: 'one', privateKey: secondKey.privateKey } })).toEqual(
    expect.objectContaining(
      refused(issuer, { code: 'MP-124', error: 'invalid_grant', text: `${login} Invalid JWT signature.` }),
    ),
  );
  clock.move(366 * 86_400_000);
  expect(await ask()).toEqual(
    expect.objectContaining(refused(issuer, { code: 'MP-121', error: 'invalid_grant', text: `${login} Expired key.` })),
  );
});

test('a new key is unknown until it has spread, while the old one keeps its age', async () => {
  const { ask, control, clock } = await openNeighbour();
  await control('POST', 'settings', { keyPropagationMs: 120_000 });
  clock.move(120_000);
  await control('PUT', 'clients/hub/jwks', { keys: [firstKey.jwk, secondKey.jwk] });
  expect(await ask({ consumer_org: bank }, { key: firstKey })).toMatchObject({ status: 200 });
  const tooEarly = await ask({ consumer_org: bank }, { key: secondKey });
  expect(tooEarly.body.error_description).toContain('Unknown key identifier');
  clock.move(120_000);
  expect(await ask({ consumer_org: bank }, { key: secondKey })).toMatchObject({ status: 200 });
});

test('a client without keys shows its certificate: an array, valid now, and of its own organisation', async () => {
  const { ask, control, clock } = await openNeighbour();
  await control('POST', 'clients', { clientId: 'certified', scopes: [writeScope], jwks: { keys: [] } });
  const own = certificateFor(operator, firstKey, { from: '2026-01-01', to: '2026-12-31' });
  const claims = { iss: 'certified', consumer_org: bank };
  const key = { privateKey: firstKey.privateKey };
  const code = async (x5c: unknown, options = {}) =>
    (await ask(claims, { key, header: { x5c }, ...options })).body.error_uri;

  expect(await ask(claims, { key, header: { x5c: [own] } })).toMatchObject({ status: 200 });
  expect(await code(own)).toMatch(/MP-123$/);
  expect(await code(['bm90IGEgY2VydGlmaWNhdGU='])).toMatch(/MP-123$/);
  expect(await code([certificateFor(bank, firstKey, { from: '2026-01-01', to: '2026-12-31' })])).toMatch(/MP-122$/);
  expect(await code([own], { key: { privateKey: secondKey.privateKey } })).toMatch(/MP-124$/);
  clock.move(365 * 86_400_000);
  expect(await code([own])).toMatch(/MP-120$/);
});

test('times: too long a life, issued in the future, expired; ten seconds of slack', async () => {
  const { ask, issuer, clock, control } = await openNeighbour();
  const now = clock.now().getTime() / 1000;
  const grant = (iat: number, exp: number) => ask({ iat, exp, consumer_org: bank });
  const text = (words: string, code: string | null = null) =>
    expect.objectContaining(refused(issuer, { code, error: 'invalid_grant', text: `${login} ${words}` }));

  expect(await grant(now, now + 121)).toEqual(text('JWT has too long lifetime.'));
  expect(await grant(now + 11, now + 100)).toEqual(text('Issue time is in the future.'));
  expect(await grant(now - 100, now - 11)).toEqual(text('JWT has expired.', 'MP-130'));
  expect(await grant(now + 10, now + 100)).toMatchObject({ status: 200 });
  expect(await grant(now - 100, now - 10)).toMatchObject({ status: 200 });
  await control('POST', 'settings', { grantMaxLifeSeconds: 180 });
  expect(await grant(now, now + 180)).toMatchObject({ status: 200 });
});

test('a grant is good once, also when it was refused for want of access', async () => {
  const { post, signed, claimsFor, issuer } = await openNeighbour();
  const used = refused(issuer, {
    code: 'MP-012',
    error: 'invalid_grant',
    text: 'Invalid assertion. Grant is used before',
  });
  const good = await signed(claimsFor({ consumer_org: bank }));
  expect(await post(good)).toMatchObject({ status: 200 });
  expect(await post(good)).toEqual(expect.objectContaining(used));
  const blocked = await signed(claimsFor({ consumer_org: department }));
  expect(await post(blocked)).toMatchObject({ status: 403 });
  expect(await post(blocked)).toEqual(expect.objectContaining(used));
});
