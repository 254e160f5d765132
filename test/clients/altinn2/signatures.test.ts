import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { movableClock } from '../../../src/lib/clock.ts';
import { problemOf } from '../maskinporten/given-client.ts';
import { bank, openServer, patience, person, sendJson } from '../neighbour.ts';
import { openClient, year } from './given-altinn2.ts';

const code = 'f70542a8-d97a-40a8-9ef7-221603ffd5e6';
const newPair = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
// Making keys is slow, and nobody's subject.
const [altinns, strangers] = [newPair(), newPair()];
const publicOf = (key: KeyObject, more: object = { kid: 'first' }) => ({ ...key.export({ format: 'jwk' }), ...more });

const seconds = () => Math.floor(Date.now() / 1000);
const claims = (changes: object = {}) => ({
  Services: ['4629_2', '4629_2_inntektsaar=2024'],
  AuthorizationCode: code,
  OfferedBy: person,
  CoveredBy: bank,
  nbf: seconds(),
  exp: seconds() + 30,
  iss: 'altinn.no',
  ...changes,
});
const signed = (changes: object = {}, header: object = {}, key = altinns.privateKey): Promise<string> =>
  new SignJWT(claims(changes)).setProtectedHeader({ alg: 'RS256', kid: 'first', ...header }).sign(key);

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

type World = {
  /** What the token call answers, as it is. */
  answer: string;
  keys: object[];
  metadata: (url: string) => unknown;
  keysStatus: number;
  cacheControl: string;
};

/** An Altinn that gives out what it is told to. */
const openFake = async (changes: Partial<World> = {}) => {
  const asked: string[] = [];
  const world: World = {
    answer: JSON.stringify(await signed()),
    keys: [publicOf(altinns.publicKey)],
    metadata: (url) => ({ jwks_uri: `${url}/elsewhere/keys` }),
    keysStatus: 200,
    cacheControl: 'public, max-age=3600',
    ...changes,
  };
  const { url } = await openServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    if (path.includes('/token/')) return response.writeHead(200).end(world.answer);
    response.setHeader('cache-control', world.cacheControl);
    if (!path.includes('well-known')) return sendJson(response, world.keysStatus, { keys: world.keys });
    const metadata = world.metadata(url);
    return sendJson(response, metadata === undefined ? 404 : 200, metadata ?? {});
  });
  const clock = movableClock();
  const { client } = openClient(url, { clock });
  return {
    world,
    clock,
    consentToken: () => client.consentToken({ code, from: { person }, to: bank, rights: [year] }, 'token', patience()),
    keyLooks: () => asked.filter((path) => !path.includes('/token/') && !path.includes('well-known')),
  };
};

test.each<[string, (token: string) => string]>([
  ['in quotes', (token) => JSON.stringify(token)],
  ['bare', (token) => `${token}\n`],
  ['in XML', (token) => `<string xmlns="http://schemas.microsoft.com/2003/10/Serialization/">${token}</string>`],
])('a token that comes %s is read', async (_name, wrapped) => {
  const { consentToken } = await openFake({ answer: wrapped(await signed()) });
  expect(await consentToken()).toMatchObject({ token: expect.stringMatching(/^eyJ/) });
});

test.each<[string, object, object?]>([
  ['claims in other casing', { services: ['4629_2', '4629_2_INNTEKTSAAR=2024'], Services: undefined }],
  ['services called otherwise', { ServiceCodes: '4629_2,4629_2_inntektsaar=2024', Services: undefined }],
  ['services in a string, with blanks', { Services: ' 4629_2, 4629_2,inntektsaar=2024' }],
  ['its key named by x5t alone', {}, { kid: undefined, x5t: 'first' }],
])('%s make no difference', async (_name, changes, header = {}) => {
  const { consentToken } = await openFake({ answer: JSON.stringify(await signed(changes, header)) });
  expect(await consentToken()).toBeTruthy();
});

test.each<[string, () => Promise<string>]>([
  ['signed by somebody else', () => signed({}, {}, strangers.privateKey)],
  ['of a key nobody knows', () => signed({}, { kid: 'other' })],
  ['that names no key', () => signed({}, { kid: undefined })],
  ['signed otherwise', () => signed({}, { alg: 'PS256' })],
  ['not signed', async () => `${encoded({ alg: 'none', kid: 'first' })}.${encoded(claims())}.AAAA`],
  [
    'with our own secret for a signature',
    () =>
      new SignJWT(claims())
        .setProtectedHeader({ alg: 'HS256', kid: 'first' })
        .sign(new TextEncoder().encode('x'.repeat(32))),
  ],
  ['that has ended', () => signed({ nbf: seconds() - 60, exp: seconds() - 30 })],
  ['that begins later', () => signed({ nbf: seconds() + 30 })],
  ['without an end', () => signed({ exp: undefined })],
  ['of another consent', () => signed({ AuthorizationCode: 'a005e4e7-78b3-42b4-ce69-dc68cc5349eb' })],
  ['of another giver', () => signed({ OfferedBy: '23886799519' })],
  ['for another bank', () => signed({ CoveredBy: '991825827' })],
  ['for another supplier', () => signed({ HandledBy: '991825827' })],
  ['without services', () => signed({ Services: undefined })],
  ['for more than was asked', () => signed({ Services: ['4629_2', '4629_2_inntektsaar=2024', '4630_2'] })],
  ['for a part of the name', () => signed({ Services: ['4629_2', '4629_2_inntektsaar=20245'] })],
  ['for things that are no text', () => signed({ Services: ['4629_2', '4629_2_inntektsaar=2024', 7] })],
])('a token %s is thrown away', async (_name, make) => {
  const { consentToken } = await openFake({ answer: JSON.stringify(await make()) });
  expect((await problemOf(consentToken())).code).toBe('consent-token-foreign');
});

test.each<[string, (url: string) => unknown]>([
  ['there are none', () => undefined],
  ['they name no keys', () => ({ issuer: 'altinn.no' })],
  ['they name something else', () => ({ jwks_uri: 'file:///etc/passwd' })],
])('where metadata are no help since %s, keys are looked for where they have always been', async (_name, metadata) => {
  const { consentToken, keyLooks } = await openFake({ metadata });
  await consentToken();
  expect(keyLooks()).toEqual(['/api/metadata/jwk']);
});

test('keys of other kinds, and odd ones, are passed over', async () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
  const { consentToken, world } = await openFake();
  world.keys = [
    publicOf(ec),
    { kty: 'RSA', kid: 'first' },
    publicOf(strangers.publicKey, { kid: 'enc', use: 'enc' }),
    publicOf(altinns.publicKey, { x5t: 'first', use: 'sig', x5c: ['MII='] }),
  ];
  expect(await consentToken()).toBeTruthy();
  const { consentToken: none } = await openFake({ keys: [publicOf(ec)] });
  expect((await problemOf(none())).code).toBe('altinn-unavailable');
});

test.each([
  ['public, max-age=3600', 3600],
  ['no-store', 300],
  ['public, max-age=1', 300],
  ['max-age=999999999', 86_400],
])('keys are kept as long as "%s" lets us, within bounds', async (cacheControl, keptSeconds) => {
  const { consentToken, keyLooks, clock } = await openFake({ cacheControl });
  await Promise.all([consentToken(), consentToken()]);
  clock.move(keptSeconds * 1000 - 5000);
  await consentToken();
  expect(keyLooks()).toHaveLength(1);
  clock.move(10_000);
  await consentToken();
  expect(keyLooks()).toHaveLength(2);
});

test('while keys cannot be read those known serve on, for a day', async () => {
  const { consentToken, keyLooks, clock, world } = await openFake();
  await consentToken();
  world.keysStatus = 503;
  clock.move(3_700_000);
  expect(await consentToken()).toBeTruthy();
  expect(keyLooks()).toHaveLength(2);
  clock.move(86_400_000);
  expect((await problemOf(consentToken())).code).toBe('altinn-unavailable');
});

test('names of keys that nobody knows make us look once a minute, whether or not that succeeds', async () => {
  const { consentToken, keyLooks, clock, world } = await openFake();
  await consentToken();
  world.answer = JSON.stringify(await signed({}, { kid: 'made-up' }));
  world.keysStatus = 503;
  clock.move(61_000);
  for (let count = 0; count < 3; count += 1)
    expect((await problemOf(consentToken())).code).toBe('consent-token-foreign');
  expect(keyLooks()).toHaveLength(2);
  clock.move(61_000);
  await problemOf(consentToken());
  expect(keyLooks()).toHaveLength(3);
});

test('whoever asked need not wait for keys that do not come, and others have them still', async () => {
  const stop = new AbortController();
  const release = Promise.withResolvers<void>();
  let looks = 0;
  const { url } = await openServer(async (request, response) => {
    if (request.url?.includes('/token/')) return response.end(JSON.stringify(await signed()));
    if (request.url?.includes('well-known')) return sendJson(response, 404, {});
    looks += 1;
    stop.abort();
    await release.promise;
    return sendJson(response, 200, { keys: [publicOf(altinns.publicKey)] });
  });
  const { client } = openClient(url);
  const ask = { code, from: { person }, to: bank, rights: [year] };
  expect((await problemOf(client.consentToken(ask, 'token', stop.signal))).code).toBe('altinn-unavailable');
  const other = client.consentToken(ask, 'token', patience());
  release.resolve();
  expect(await other).toBeTruthy();
  expect(looks).toBe(1);
});
