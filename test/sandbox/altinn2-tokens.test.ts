import { createHash, X509Certificate } from 'node:crypto';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { expect, test } from 'vitest';
import {
  type Altinn2Neighbour,
  bank,
  openAltinn2Neighbour,
  operator,
  operatorApiKey,
  person,
} from './altinn2-neighbour.ts';

const refused =
  'The API key is not authorized for this operation, or the supplied authorization code is either expired or invalid.';

const keysOf = async ({ send }: Altinn2Neighbour): Promise<JSONWebKeySet> => {
  const metadata = await send('GET', '/altinn2/.well-known/oauth-authorization-server');
  const { pathname } = new URL(String(metadata.body.jwks_uri));
  const { body, headers } = await send('GET', pathname);
  expect(headers.get('cache-control')).toBe('public, max-age=86400');
  return body as unknown as JSONWebKeySet;
};

test('a token is signed by a published certificate and says what the guide says', async () => {
  const neighbour = await openAltinn2Neighbour();
  const { accepted, consentToken, clock } = neighbour;
  const code = await accepted();
  const { status, headers, body } = await consentToken(code);
  expect(status).toBe(200);
  expect(headers.get('content-type')).toContain('application/json');
  const token = body as unknown as string;
  const keys = await keysOf(neighbour);
  const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(keys), {
    issuer: 'altinn.no',
    currentDate: clock.now(),
  });
  const [used] = keys.keys;
  const certificate = Buffer.from(used?.x5c?.[0] ?? '', 'base64');
  const kid = createHash('sha1').update(certificate).digest('base64url');
  expect(protectedHeader).toEqual({ alg: 'RS256', kid, x5t: kid, typ: 'JWT' });
  const { subject, issuer, publicKey } = new X509Certificate(certificate);
  expect([subject, publicKey.export({ format: 'jwk' }).n]).toEqual([issuer, used?.n]);
  const now = Date.parse('2026-02-03T10:00:00Z') / 1000;
  expect(payload).toEqual({
    Services: [
      '4628_210607',
      '4628_210607_inntektsaar=2024',
      '4804_210607',
      '4804_210607_fraOgMed=2024-01',
      '4804_210607_tilOgMed=2024-12',
    ],
    AuthorizationCode: code,
    OfferedBy: person,
    CoveredBy: bank,
    HandledBy: operator,
    DelegatedDate: now,
    ValidToDate: now + 86_400,
    nbf: now,
    exp: now + 30,
    iat: now,
    iss: 'altinn.no',
  });
});

test('it is a JSON string in quotes, XML where that is wanted, and can be asked for by a parameter', async () => {
  const { accepted, url, as } = await openAltinn2Neighbour();
  const code = await accepted();
  const text = async (path: string, accept = '*/*') =>
    (
      await fetch(`${url}/altinn2/api/authorization/token${path}`, {
        headers: { ...(await as('altinn:consenttokens')), accept },
      })
    ).text();
  expect(await text(`/${code}`)).toMatch(/^"eyJ[\w.-]+"$/);
  expect(await text(`?authcode=${code}`)).toMatch(/^"eyJ[\w.-]+"$/);
  expect(await text(`?AuthCode=${code.toUpperCase()}`, 'application/hal+json')).toMatch(/^"eyJ[\w.-]+"$/);
  expect(await text(`/${code}`, 'application/xml')).toMatch(/^<string [^>]+>eyJ[\w.-]+<\/string>$/);
  expect(await text('')).toBe('');
});

test('the services are one string where there is one without metadata; other forms are switches', async () => {
  const { accepted, consentToken, control } = await openAltinn2Neighbour();
  const simple = await accepted({ RequestResources: [{ ServiceCode: '3181', ServiceEditionCode: 120803 }] });
  const both = await accepted();
  const services = async (code: string) => decodeJwt((await consentToken(code)).body as unknown as string)['Services'];
  expect(await services(simple)).toBe('3181_120803');
  await control('POST', 'settings', { altinn2Services: 'array' });
  expect(await services(simple)).toEqual(['3181_120803']);
  await control('POST', 'settings', { altinn2Services: 'commas' });
  expect(await services(both)).toContain('4628_210607,inntektsaar=2024');
});

test('the required delegator stands in it, and no supplier when the consumer fetches it by its key', async () => {
  const { accepted, send, control } = await openAltinn2Neighbour();
  const code = await accepted({ RequiredDelegator: person, RequiredDelegatorName: 'Nordmann' });
  const key = '0a17e2aa-5a4d-4b0c-8000-0000000000bb';
  await control('POST', 'altinn2/api-keys', { key, orgno: bank });
  const token = (apikey: string) => send('GET', `/altinn2/api/authorization/token/${code}`, undefined, { apikey });
  const payload = decodeJwt((await token(key)).body as unknown as string);
  expect(payload).toMatchObject({ RequiredDelegator: person, CoveredBy: bank });
  expect(payload).not.toHaveProperty('HandledBy');
  // With delegations the supplier has to show its token.
  expect((await token(operatorApiKey)).status).toBe(403);
});

test('not given, declined, revoked, run out, given back, unknown: one refusal for all', async () => {
  const { created, accepted, does, url, as, clock, giveBack } = await openAltinn2Neighbour();
  const answer = async (code: string) => {
    const headers = await as('altinn:consenttokens');
    const response = await fetch(`${url}/altinn2/api/authorization/token/${code}`, { headers });
    return [response.status, response.statusText, await response.text()];
  };
  const [opened, declined, revoked, lasting, given] = [
    await created(),
    await created(),
    await accepted(),
    await accepted(),
    await accepted(),
  ];
  await does(opened, 'open');
  await does(declined, 'reject');
  await does(revoked, 'revoke');
  expect((await giveBack(given)).status).toBe(204);
  expect((await giveBack(given)).status).toBe(403);
  for (const code of [opened, declined, revoked, given, '9d0f1c1e-2222-4333-8444-555555555555', 'no-code'])
    expect(await answer(code)).toEqual([403, refused, '']);
  expect((await answer(lasting))[0]).toBe(200);
  clock.move(86_400_000);
  expect(await answer(lasting)).toEqual([403, refused, '']);
});

test('a logged use ends a one-time consent and no other', async () => {
  const { accepted, logUse, consentToken, control } = await openAltinn2Neighbour();
  const once = await accepted({ RequestResources: [{ ServiceCode: '5120', ServiceEditionCode: 1 }] });
  const often = await accepted();
  expect((await logUse(often)).status).toBe(204);
  expect((await logUse(often, { UsageDateTime: '2026-02-03 11:00' })).status).toBe(204);
  expect((await consentToken(often)).status).toBe(200);
  expect((await logUse(often, { ServiceCode: '5120', ServiceEditionCode: 1 })).status).toBe(400);
  expect((await logUse(often, { UsageDateTime: 'now' })).status).toBe(400);
  const oneUse = { ServiceCode: '5120', ServiceEditionCode: 1 };
  expect((await consentToken(once)).status).toBe(200);
  expect((await logUse(once, oneUse)).status).toBe(204);
  expect((await consentToken(once)).status).toBe(403);
  expect((await logUse(once, oneUse)).status).toBe(403);
  expect((await control('GET', `altinn2/requests/${once}`)).body).toMatchObject({ ended: 'used', uses: 1 });
  expect((await control('GET', `altinn2/requests/${often}`)).body).toMatchObject({ ended: null, uses: 2 });
});

test('the secondary certificate can take over, and become the primary', async () => {
  const neighbour = await openAltinn2Neighbour();
  const { accepted, consentToken, control } = neighbour;
  const code = await accepted();
  const kid = async () => decodeProtectedHeader((await consentToken(code)).body as unknown as string).kid;
  const [primary, secondary] = (await keysOf(neighbour)).keys.map((key) => key.kid);
  expect(await kid()).toBe(primary);
  await control('POST', 'settings', { altinn2SigningKey: 'secondary' });
  expect(await kid()).toBe(secondary);
  await control('POST', 'settings', { altinn2SigningKey: 'primary', rotateAltinn2Keys: true });
  expect(await kid()).toBe(secondary);
  const after = (await keysOf(neighbour)).keys.map((key) => key.kid);
  expect(after[0]).toBe(secondary);
  expect(after).not.toContain(primary);
  expect(after).toHaveLength(2);
});
