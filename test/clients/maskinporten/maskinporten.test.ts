import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect, test } from 'vitest';
import { randomIds } from '../../../src/lib/ids.ts';
import type { TokenAsk } from '../../../src/usecases/ports.ts';
import {
  bank,
  clientId,
  dataScope,
  department,
  key,
  kid,
  openNeighbour,
  openServer,
  operator,
  person,
  sendJson,
  writeScope,
} from '../neighbour.ts';
import { forged, good, openClient, openFake, party, problemOf, tokenOf } from './given-client.ts';

describe('with a strict Maskinporten', () => {
  test('a token for a tenant names the tenant and us', async () => {
    const { url, clock } = await openNeighbour();
    const { ask, client } = openClient(`${url}/maskinporten/`, { clock });
    const before = clock.now().getTime();
    const { token, expiresAt } = await ask();
    expect(decodeJwt(token)).toMatchObject({ scope: writeScope, consumer: party(bank), supplier: party(operator) });
    expect(expiresAt.getTime()).toBeGreaterThan(before + 100_000);
    expect(expiresAt.getTime()).toBeLessThanOrEqual(before + 125_000);
    expect(client.state()).toMatchObject({
      metadata: { source: 'issuer', tokenEndpoint: `${url}/maskinporten/token` },
    });
    expect(Math.abs(client.state().clockOffsetMs ?? Number.NaN)).toBeLessThan(5000);
  });

  test('the operator asks for itself without consumer_org', async () => {
    const { url, clock, control } = await openNeighbour();
    await control('PUT', `grants/${operator}/${encodeURIComponent(writeScope)}`);
    const { ask } = openClient(`${url}/maskinporten/`, { clock });
    const claims = decodeJwt((await ask({ consumer: operator })).token);
    expect(claims).toMatchObject({ consumer: party(operator) });
    expect(claims.supplier).toBeUndefined();
  });

  test('what nobody has delegated is the tenant’s to mend, and what is not granted the owner’s', async () => {
    const { url, clock, control } = await openNeighbour();
    const { ask } = openClient(`${url}/maskinporten/`, { clock });
    const missing = await problemOf(ask({ consumer: department }));
    expect(missing.code).toBe('access-not-delegated');
    expect(missing.detail).toContain(department);
    expect(missing.detail).toContain(writeScope);
    expect(missing.more.traceId).toMatch(/^[\da-f]{32}$/);
    await control('DELETE', `grants/${bank}/${encodeURIComponent(writeScope)}`);
    expect((await problemOf(ask())).code).toBe('access-not-granted');
  });

  test('the same refusals are told apart where error_uri is missing', async () => {
    const { url, clock, fail } = await openNeighbour();
    const { ask } = openClient(`${url}/maskinporten/`, { clock });
    await fail('token', { kind: 'no-error-uri' });
    expect((await problemOf(ask({ consumer: department }))).code).toBe('access-not-delegated');
    await fail('token', { kind: 'no-error-uri' });
    expect((await problemOf(ask({ scopes: ['skatteetaten:kravogbetalinger'] }))).code).toBe('client-scope-missing');
    await fail('token', { kind: 'no-error-uri' });
    expect((await problemOf(ask({ clientId: 'nobody' }))).code).toBe('client-refused');
  });

  test('a consent that was never given carries no token', async () => {
    const { url, clock } = await openNeighbour();
    const { ask, lines } = openClient(`${url}/maskinporten/`, { clock });
    const consent = { id: randomIds.uuid(), from: { person } };
    const problem = await problemOf(ask({ scopes: [dataScope], consent }));
    expect(problem.code).toBe('consent-not-usable');
    expect(`${problem.message}${JSON.stringify(problem.more)}${lines.join()}`).not.toContain(person);
  });

  test.each(['before', 'after'])(
    'a connection reset %s the grant was used is tried once more with a new grant',
    async (when) => {
      const { url, clock, fail, calls } = await openNeighbour();
      const { ask } = openClient(`${url}/maskinporten/`, { clock });
      await fail('token', { kind: 'reset', when });
      await expect(ask()).resolves.toMatchObject({ token: expect.any(String) });
      expect(await calls('token')).toHaveLength(2);
    },
  );

  test('after a second reset it is left for later', async () => {
    const { url, clock, fail, calls } = await openNeighbour();
    const { ask } = openClient(`${url}/maskinporten/`, { clock });
    await fail('token', { kind: 'reset', when: 'before' }, 3);
    expect((await problemOf(ask())).code).toBe('maskinporten-unavailable');
    expect(await calls('token')).toHaveLength(2);
  });

  test.each([
    { kind: 'html', status: 503 },
    { kind: 'html', status: 403 },
    { kind: 'html', status: 200 },
    { kind: 'status', status: 503 },
    { kind: 'status', status: 302 },
  ])('$kind $status is nobody’s fault and over soon', async (fault) => {
    const { url, clock, fail } = await openNeighbour();
    const { ask } = openClient(`${url}/maskinporten/`, { clock });
    await fail('token', fault);
    expect((await problemOf(ask())).code).toBe('maskinporten-unavailable');
  });
});

describe('the grant', () => {
  test('has just the claims that are known, and a new jti each time', async () => {
    const { issuer, grants } = await openFake((response, _grant, tries) =>
      tries === 1
        ? sendJson(response, 400, { error: 'invalid_grant', error_uri: 'https://maskinporten.no/errors/MP-012' })
        : sendJson(response, 200, {
            access_token: tokenOf({
              ...good(),
              authorization_details: [
                {
                  type: 'urn:altinn:consent',
                  id: 'A-1',
                  from: `urn:altinn:person:identifier-no:${person}`,
                  to: party(bank),
                },
              ],
            }),
            expires_in: 120,
          }),
    );
    const { ask } = openClient(issuer);
    await ask({ resource: ['https://api.example/'], consent: { id: 'a-1', from: { person } } });
    const [first, second] = grants.map((grant) => decodeJwt(grant));
    expect(decodeProtectedHeader(grants[0] ?? '')).toEqual({ alg: 'RS256', kid });
    expect(first).toEqual({
      aud: issuer,
      iss: clientId,
      scope: writeScope,
      iat: expect.any(Number),
      exp: (first?.iat ?? 0) + 110,
      jti: expect.any(String),
      consumer_org: bank,
      resource: ['https://api.example/'],
      authorization_details: [
        { type: 'urn:altinn:consent', id: 'a-1', from: `urn:altinn:person:identifier-no:${person}` },
      ],
    });
    expect(second?.jti).not.toBe(first?.jti);
  });

  test('goes by its certificate only where no key is registered', async () => {
    const { issuer, grants } = await openFake((response) => sendJson(response, 200, { access_token: tokenOf(good()) }));
    const { ask } = openClient(issuer);
    await ask({ key: { certificateChain: ['MIIB'], sign: key.sign } });
    await ask({ key: { kid, certificateChain: ['MIIB'], sign: key.sign } });
    expect(grants.map((grant) => decodeProtectedHeader(grant))).toEqual([
      { alg: 'RS256', x5c: ['MIIB'] },
      { alg: 'RS256', kid },
    ]);
  });
});

describe('a token is thrown away', () => {
  const consent = { id: 'ecbff842-199b-45c9-8b58-80ed4d813660', from: { person } };
  const details = (more: object) => ({
    authorization_details: [
      {
        ...{
          type: 'urn:altinn:consent',
          id: consent.id,
          from: `urn:altinn:person:identifier-no:${person}`,
          to: party(bank),
        },
        ...more,
      },
    ],
  });
  const wanted = (inntektsaar: string) => ({ ...consent, rights: [{ resource: 'r', metadata: { inntektsaar } }] });
  const right = (inntektsaar: string) => ({
    resource: [{ type: 'urn:altinn:resource', value: 'r' }],
    metaData: { InntektsAar: inntektsaar },
  });
  test.each<[string, object | string, Partial<TokenAsk>]>([
    ['of another tenant', { ...good(), consumer: party(department) }, {}],
    ['without a consumer', { ...good(), consumer: undefined }, {}],
    ['with a consumer of another authority', { ...good(), consumer: { ...party(bank), authority: 'other' } }, {}],
    ['of another supplier', { ...good(), supplier: party(department) }, {}],
    ['without a supplier', { ...good(), supplier: undefined }, {}],
    ['with a supplier for the operator itself', { ...good(), consumer: party(operator) }, { consumer: operator }],
    ['that lacks a scope', good(), { scopes: [writeScope, dataScope] }],
    ['whose scope only begins alike', { ...good(), scope: `${writeScope}.more` }, {}],
    ['of another issuer', { ...good(), iss: 'https://elsewhere.example/' }, {}],
    ['for another audience', { ...good(), aud: 'https://elsewhere.example/' }, { resource: ['https://api.example/'] }],
    ['without the consent', good(), { consent }],
    ['of another consent', { ...good(), ...details({ id: 'f70542a8-d97a-40a8-9ef7-221603ffd5e6' }) }, { consent }],
    [
      'of another giver',
      { ...good(), ...details({ from: 'urn:altinn:person:identifier-no:03867199348' }) },
      { consent },
    ],
    ['of another receiver', { ...good(), ...details({ to: party(department) }) }, { consent }],
    ['that does not say whose it is', { ...good(), ...details({ from: undefined }) }, { consent }],
    [
      'that carries another consent besides',
      {
        ...good(),
        authorization_details: [
          ...details({}).authorization_details,
          { ...details({}).authorization_details[0], id: 'f70542a8-d97a-40a8-9ef7-221603ffd5e6' },
        ],
      },
      { consent },
    ],
    [
      'of rights that nobody asked for',
      { ...good(), ...details({ consentRights: [right('2024'), right('2023')] }) },
      { consent: wanted('2024') },
    ],
    ['of other rights', { ...good(), ...details({ consentRights: [right('2023')] }) }, { consent: wanted('2024') }],
    ['that somebody else has signed', forged({ ...good(), ...details({}) }), { consent }],
    ['that cannot be read', 'opaque', {}],
  ])('%s', async (_name, claims, ask) => {
    const access_token = typeof claims === 'string' ? claims : tokenOf(claims);
    const { issuer } = await openFake((response) => sendJson(response, 200, { access_token, expires_in: 120 }));
    const { ask: request, lines } = openClient(issuer);
    const problem = await problemOf(request(ask));
    expect(problem.code).toBe('token-unexpected');
    expect(`${problem.message}${lines.join()}`).not.toContain(access_token);
    expect(`${problem.message}${lines.join()}`).not.toContain(person);
  });

  test('but not for its casing', async () => {
    const claims = {
      ...good(),
      aud: 'https://api.example/',
      consumer: party(bank, 'id'),
      supplier: party(operator, 'id'),
      ...details({
        to: party(bank, 'id'),
        from: `urn:altinn:person:identifier-no:${person}`,
        consentRights: [right('2024')],
      }),
    };
    const { issuer } = await openFake((response) => sendJson(response, 200, { access_token: tokenOf(claims) }));
    await expect(
      openClient(issuer).ask({ consent: wanted('2024'), resource: ['https://api.example/'] }),
    ).resolves.toBeDefined();
  });
});

describe('a token ends', () => {
  const at = new Date('2026-02-03T10:00:00Z');
  const seconds = at.getTime() / 1000;
  test.each([
    ['when expires_in says', { exp: seconds + 500 }, 120, 120],
    ['no later than it says itself', { exp: seconds + 90 }, 120, 90],
    ['after its own life when expires_in is missing', { iat: seconds - 5, exp: seconds + 495 }, undefined, 495],
    ['at once when nobody says', {}, undefined, 0],
  ])('%s', async (_name, times, expires_in, expected) => {
    const access_token = tokenOf({ ...good(), ...times });
    const { issuer } = await openFake((response) => sendJson(response, 200, { access_token, expires_in }));
    const { expiresAt } = await openClient(issuer, { clock: { now: () => at } }).ask();
    expect((expiresAt.getTime() - at.getTime()) / 1000).toBe(expected);
  });
});

describe('a nasty neighbour', () => {
  test('an answer that never comes ends at the time limit', async () => {
    const { issuer } = await openFake(() => undefined);
    expect((await problemOf(openClient(issuer, { timeoutMs: 100 }).ask())).code).toBe('maskinporten-unavailable');
  });

  test('an answer of several megabytes is not read', async () => {
    const { issuer } = await openFake((response) => sendJson(response, 200, { access_token: 'x'.repeat(3_000_000) }));
    expect((await problemOf(openClient(issuer).ask())).code).toBe('maskinporten-unavailable');
  });

  test('a redirect gets no grant', async () => {
    const { url } = await openServer((_request, response) => response.end('{}'));
    const { issuer, grants } = await openFake((response) => response.writeHead(307, { location: url }).end());
    expect((await problemOf(openClient(issuer).ask())).code).toBe('maskinporten-unavailable');
    expect(grants).toHaveLength(1);
  });

  test('neither a grant nor a token is written to the log', async () => {
    const access_token = tokenOf(good());
    const { issuer, grants } = await openFake((response, grant, tries) =>
      tries === 1
        ? sendJson(response, 400, { error: 'invalid_grant', error_description: `Grant is used before ${grant}` })
        : sendJson(response, 200, { access_token }),
    );
    const { ask, lines } = openClient(issuer);
    await ask();
    for (const secret of [access_token, ...grants]) expect(lines.join()).not.toContain(secret);
  });
});
