import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { type CryptoKey, decodeJwt, type JWTPayload, SignJWT } from 'jose';
import { onTestFinished } from 'vitest';
import { type MovableClock, movableClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/start-sandbox.ts';

export const operator = '310149942';
export const bank = '313876144';
export const department = '991825827';
export const person = '25922947409';

export const personUrn = (number = person): string => `urn:altinn:person:identifier-no:${number}`;
export const orgUrn = (orgno: string): string => `urn:altinn:organization:identifier-no:${orgno}`;

// Making keys is slow and nobody's subject here: all tests share them.
const pairs = ['one', 'two'].map((kid) => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { kid, privateKey, publicKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256' } };
});
export const [firstKey, secondKey] = pairs as [(typeof pairs)[number], (typeof pairs)[number]];

export const dataScope = 'skatteetaten:inntekt';
export const readScope = 'altinn:consentrequests.read';
export const writeScope = 'altinn:consentrequests.write';

type GrantOptions = { key?: { kid?: string; privateKey: KeyObject | CryptoKey }; header?: object; alg?: string };
export type Answer = { status: number; headers: Headers; body: Record<string, unknown> & { [name: string]: never } };

const answerOf = async (response: Response): Promise<Answer> => {
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return {
    status: response.status,
    headers: response.headers,
    body: (isJson ? JSON.parse(text) : text) as Answer['body'],
  };
};

/** A sandbox of one's own, and what a client of it would do; closed when the test ends. */
export const openNeighbour = async (at = '2026-02-03T10:00:00Z') => {
  const start = new Date(at);
  const clock: MovableClock = movableClock({ now: () => start });
  const sandbox: Sandbox = await startSandbox({ port: 0, clock, log: silentLog, operatorOrgno: operator });
  onTestFinished(() => sandbox.close());
  const issuer = `${sandbox.url}/maskinporten/`;

  const send = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> =>
    answerOf(
      await fetch(`${sandbox.url}${path}`, {
        method,
        redirect: 'manual',
        headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    );
  const control = (method: string, path: string, body?: unknown) => send(method, `/sandbox/${path}`, body);

  const claimsFor = (changes: JWTPayload = {}): JWTPayload => {
    const now = Math.floor(clock.now().getTime() / 1000);
    const claims = {
      aud: issuer,
      iss: 'hub',
      scope: writeScope,
      iat: now,
      exp: now + 100,
      jti: randomUUID(),
      ...changes,
    };
    return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
  };
  const signed = (claims: JWTPayload, { key = firstKey, header, alg = 'RS256' }: GrantOptions = {}): Promise<string> =>
    new SignJWT(claims)
      .setProtectedHeader({ alg, ...(key.kid !== undefined && { kid: key.kid }), ...header })
      .sign(key.privateKey);
  const post = async (assertion: string): Promise<Answer> =>
    answerOf(
      await fetch(`${issuer}token`, {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }),
      }),
    );
  const ask = async (changes: JWTPayload = {}, options: GrantOptions = {}): Promise<Answer> =>
    post(await signed(claimsFor(changes), options));
  const token = async (changes: JWTPayload = {}): Promise<string> => {
    const { status, body } = await ask({ consumer_org: bank, ...changes });
    if (status !== 200) throw new Error(JSON.stringify(body));
    return body.access_token as unknown as string;
  };

  await control('POST', 'clients', {
    clientId: 'hub',
    scopes: [readScope, writeScope, dataScope],
    jwks: { keys: [firstKey.jwk] },
  });

  const requests = '/altinn3/accessmanagement/api/v1/enterprise/consentrequests';
  const as = (bearer: string) => ({ authorization: `Bearer ${bearer}` });
  const requestBody = (changes: object = {}) => ({
    id: randomUUID(),
    from: personUrn(),
    to: orgUrn(bank),
    validTo: new Date(clock.now().getTime() + 86_400_000).toISOString(),
    consentRights: [
      {
        action: ['consent'],
        resource: [{ type: 'urn:altinn:resource', value: 'ske-samtykke-sbl-inntekt' }],
        metadata: { fraogmed: '2024-01', tilogmed: '2024-12' },
      },
    ],
    redirectUrl: 'https://bank.example/back?x=1',
    ...changes,
  });

  return {
    url: sandbox.url,
    issuer,
    clock,
    sandbox,
    send,
    control,
    claimsFor,
    signed,
    post,
    ask,
    token,
    requestBody,
    create: (bearer: string, body: unknown) => send('POST', requests, body, as(bearer)),
    get: (bearer: string, id: string) => send('GET', `${requests}/${id}`, undefined, as(bearer)),
    events: (bearer: string, query = '') => send('GET', `${requests}/events${query}`, undefined, as(bearer)),
    data: (bearer: string, path: string, headers = {}) =>
      send('GET', `/data/${path}`, undefined, { ...as(bearer), ...headers }),
    decode: (jwt: string) => decodeJwt(jwt),
  };
};

export type Neighbour = Awaited<ReturnType<typeof openNeighbour>>;
