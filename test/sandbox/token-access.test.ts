import { expect, test } from 'vitest';
import { bank, dataScope, department, openNeighbour, operator, personUrn, readScope, writeScope } from './neighbour.ts';
import { refused } from './refused.ts';

test('consumer_org must be somebody else, and each scope on the client and for Maskinporten', async () => {
  const { ask, issuer, control } = await openNeighbour();
  const own =
    'Validation of JWT claim failed: The combination consumer_org in claim and delegation scope on client is invalid';
  expect(await ask({ consumer_org: operator })).toEqual(
    expect.objectContaining(refused(issuer, { code: null, error: 'invalid_request', text: own })),
  );
  const foreign = 'skatteetaten:kravogbetalinger';
  expect(await ask({ consumer_org: bank, scope: `${writeScope} ${foreign}` })).toEqual(
    expect.objectContaining(
      refused(issuer, {
        code: 'MP-200',
        error: 'invalid_scope',
        text: `Token request contains invalid scopes for client, ${foreign}`,
      }),
    ),
  );
  await control('PUT', `scopes/${encodeURIComponent(readScope)}`, { forMaskinporten: false });
  expect(await ask({ consumer_org: bank, scope: readScope })).toEqual(
    expect.objectContaining(
      refused(issuer, {
        code: 'MP-201',
        error: 'invalid_scope',
        text: 'Token request contains scopes not allowed for maskinporten',
      }),
    ),
  );
});

test('access: not granted is MP-250, also when consumer_org was forgotten; not delegated MP-251; each can change', async () => {
  const { ask, issuer, control } = await openNeighbour();
  const scope = encodeURIComponent(writeScope);
  const notGranted = refused(issuer, {
    code: 'MP-250',
    status: 403,
    error: 'forbidden',
    text: `Consumer has not been granted access to the scope ${writeScope}.`,
  });
  expect(await ask({ consumer_org: '974761076' })).toEqual(expect.objectContaining(notGranted));
  expect(await ask()).toEqual(expect.objectContaining(notGranted));
  const notDelegated = (consumer: string) =>
    expect.objectContaining(
      refused(issuer, {
        code: 'MP-251',
        status: 403,
        error: 'forbidden',
        text: `Consumer ${consumer} has not delegated access to the scope ${writeScope} to supplier ${operator}.`,
      }),
    );
  expect(await ask({ consumer_org: department })).toEqual(notDelegated(department));
  await control('PUT', `delegations/${department}/${operator}/${scope}`);
  expect(await ask({ consumer_org: department })).toMatchObject({ status: 200 });
  await control('DELETE', `delegations/${department}/${operator}/${scope}`);
  expect(await ask({ consumer_org: department })).toEqual(notDelegated(department));
  await control('DELETE', `grants/${bank}/${scope}`);
  expect(await ask({ consumer_org: bank })).toEqual(expect.objectContaining(notGranted));
  await control('PUT', `grants/${bank}/${scope}`);
  expect(await ask({ consumer_org: bank })).toMatchObject({ status: 200 });
});

test('authorization details: unknown type, unknown field, and values nobody can use', async () => {
  const { ask, issuer } = await openNeighbour();
  const id = '00000000-0000-4000-8000-000000000000';
  const grant = (...details: object[]) => ask({ consumer_org: bank, scope: dataScope, authorization_details: details });
  const rar = (code: string, text: string, error = 'invalid_authorization_details') =>
    expect.objectContaining(refused(issuer, { code, error, text }));
  expect(await grant({ type: 'urn:altinn:other' })).toEqual(rar('MP-301', 'Unknown authorization details type'));
  expect(await grant({ type: 'urn:altinn:consent', id, from: personUrn(), to: 'me' })).toEqual(
    rar('MP-302', 'Unknown fields in the authorization details'),
  );
  const unusable = rar('MP-303', 'Invalid authorization details values', 'invalid_altinn_customer_configuration');
  expect(await grant({ type: 'urn:altinn:consent', id, from: personUrn() })).toEqual(unusable);
  expect(await grant({ type: 'urn:altinn:consent', id, from: '25922947409' })).toEqual(unusable);
  const consent = { type: 'urn:altinn:consent', id, from: personUrn() };
  expect(await grant(consent, consent)).toEqual(unusable);
  expect(await grant({ type: 'urn:altinn:systemuser', systemuser_org: {}, externalRef: 'x' })).toEqual(unusable);
});

test('the shortest of all lives wins: client, setting and each scope', async () => {
  const { ask, control } = await openNeighbour();
  const life = async (scope: string) => (await ask({ consumer_org: bank, scope })).body.expires_in;
  await control('PUT', `scopes/${encodeURIComponent(readScope)}`, { atMaxAge: 30 });
  expect(await life(writeScope)).toBe(120);
  expect(await life(`${writeScope} ${readScope}`)).toBe(30);
  await control('POST', 'settings', { tokenLifeSeconds: 20 });
  expect(await life(readScope)).toBe(20);
  await control('POST', 'clients', { clientId: 'hub', scopes: [writeScope], tokenLifeSeconds: 500 });
  expect(await life(writeScope)).toBe(500);
});

test('with Altinn down a delegated token is a 503, and rotation makes old tokens worthless', async () => {
  const { ask, control, token, events, send } = await openNeighbour();
  await control('POST', 'settings', { altinnLookupDown: true });
  expect(await ask({ consumer_org: bank })).toMatchObject({ status: 503 });
  await control('POST', 'settings', { altinnLookupDown: false });
  const bearer = await token();
  expect(await events(bearer)).toMatchObject({ status: 200 });
  const before = (await send('GET', '/maskinporten/jwk')).body;
  await control('POST', 'settings', { rotateSigningKey: true });
  expect((await send('GET', '/maskinporten/jwk')).body).not.toEqual(before);
  expect(await events(bearer)).toMatchObject({ status: 401 });
  expect(await events(await token())).toMatchObject({ status: 200 });
});
