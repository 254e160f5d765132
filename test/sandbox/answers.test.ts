import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { redirectAfter } from '../../src/sandbox/altinn3/redirect-url.ts';
import { bank, dataScope, firstKey, openNeighbour, orgUrn, person, personUrn } from './neighbour.ts';

/** A consent of the bank's that waits for its answer. */
const openRequest = async (changes: object = {}) => {
  const neighbour = await openNeighbour();
  const id = randomUUID();
  const created = await neighbour.create(await neighbour.token(), neighbour.requestBody({ id, ...changes }));
  expect(created.status).toBe(201);
  const answer = async (verb: string, body: object = {}) => {
    const { status, body: told } = await neighbour.control('POST', `consents/${id}/${verb}`, body);
    return status === 200 ? told.status : told.code;
  };
  return { ...neighbour, id, answer };
};

test('each answer may be given twice and none in the wrong state', async () => {
  const first = await openRequest();
  expect(await first.answer('revoke')).toBe('AM-00010');
  expect(await first.answer('accept')).toBe('Accepted');
  expect(await first.answer('accept')).toBe('Accepted');
  expect(await first.answer('reject')).toBe('AM-00015');
  expect(await first.answer('revoke')).toBe('Revoked');
  expect(await first.answer('revoke')).toBe('Revoked');
  expect(await first.answer('accept')).toBe('AM-00002');
  const { body } = await first.get(await first.token(), first.id);
  expect(body.consentRequestEvents).toMatchObject([
    { eventType: 'Created', performedBy: orgUrn(bank) },
    { eventType: 'Accepted', performedBy: personUrn(), created: body.consented },
    { eventType: 'Revoked', performedBy: personUrn() },
  ]);
  const second = await openRequest();
  expect(await second.answer('reject')).toBe('Rejected');
  expect(await second.answer('accept')).toBe('AM-00002');
});

test('after validTo one can no longer accept, but still reject', async () => {
  const { answer, clock } = await openRequest();
  clock.move(2 * 86_400_000);
  expect(await answer('accept')).toBe('STD-00000');
  expect(await answer('reject')).toBe('Rejected');
});

test('somebody else may not answer, a manager may for his organisation, and the required person alone if named', async () => {
  const other = { person: '03867199348' };
  const own = await openRequest();
  expect(await own.answer('accept', other)).toBe('AM-00000');
  const company = { from: orgUrn('910514318') };
  const forCompany = await openRequest(company);
  expect(await forCompany.answer('accept', other)).toBe('AM-00000');
  expect(await forCompany.answer('accept')).toBe('Accepted');
  const named = await openRequest({ ...company, requiredDelegator: personUrn('03867199348') });
  expect(await named.answer('accept', { person })).toBe('AM-00000');
  await named.control('POST', 'organizations', {
    orgno: '910514318',
    name: 'Syntetisk foretak',
    managers: [other.person],
  });
  expect(await named.answer('accept')).toBe('Accepted');
});

test('the way back is built as the real page builds it', () => {
  const cases: [string, 'accepted' | 'rejected', string][] = [
    ['https://altinn.no', 'accepted', 'https://altinn.no/?Status=OK'],
    ['https://bank.example/back?consentId=1', 'accepted', 'https://bank.example/back?consentId=1&Status=OK'],
    [
      'https://bank.example/back?consentId=1',
      'rejected',
      'https://bank.example/back?consentId=1&Status=Failed&ErrorMessage=User+did+not+give+consent',
    ],
    ['https://bank.example/back?x=1#done', 'accepted', 'https://bank.example/back?x=1&Status=OK#done'],
    ['https://bank.example/#/back', 'accepted', 'https://bank.example/#/back?Status=OK'],
    ['https://bank.example/#/back?x=1', 'accepted', 'https://bank.example/#/back?x=1&Status=OK'],
    ['bankapp://consent/done', 'accepted', 'bankapp://consent/done?Status=OK'],
  ];
  for (const [url, outcome, expected] of cases) expect(redirectAfter(url, outcome)).toBe(expected);
});

test('a consent token is to be had only while the consent is accepted, valid and of that person', async () => {
  const { answer, ask, id, clock, control, token, decode } = await openRequest();
  const details = (from = personUrn()) => [{ type: 'urn:altinn:consent', id, from }];
  const refusedNow = async (from?: string) =>
    (await ask({ consumer_org: bank, scope: dataScope, authorization_details: details(from) })).body.error_uri;
  expect(await refusedNow()).toMatch(/MP-303$/);
  await answer('accept');
  expect(await refusedNow(personUrn('03867199348'))).toMatch(/MP-303$/);
  await control('POST', 'settings', { metadataCasing: 'metaData' });
  const claims = decode(await token({ scope: dataScope, authorization_details: details() }));
  expect(claims.authorization_details).toMatchObject([
    { consented: expect.any(String), consentRights: [{ metaData: { fraogmed: '2024-01', tilogmed: '2024-12' } }] },
  ]);
  clock.move(2 * 86_400_000);
  expect(await refusedNow()).toMatch(/MP-303$/);
});

test('Maskinporten’s own look-up tells each state by its code, and two of them as a 500', async () => {
  const { answer, ask, send, control, id, clock } = await openRequest();
  const scope = 'altinn:maskinporten/consent.read';
  await control('PUT', `grants/${bank}/${encodeURIComponent(scope)}`);
  await control('POST', 'clients', {
    clientId: 'mp',
    orgno: bank,
    scopes: [scope],
    jwks: { keys: [firstKey.jwk] },
    tokenLifeSeconds: 9e6,
  });
  const { body } = await ask({ iss: 'mp', scope });
  const bearer = { authorization: `Bearer ${body.access_token}` };
  const lookUp = async (changes: object = {}) => {
    const path = '/altinn3/accessmanagement/api/v1/maskinporten/consent/lookup';
    const { status, body: told } = await send(
      'POST',
      path,
      { id, from: personUrn(), to: orgUrn(bank), ...changes },
      bearer,
    );
    return [status, told.code];
  };
  expect(await lookUp({ id: randomUUID() })).toEqual([404, 'AM-00001']);
  expect(await lookUp()).toEqual([400, 'AM-00014']);
  await answer('accept');
  expect(await lookUp()).toEqual([200, undefined]);
  expect(await lookUp({ to: orgUrn('310149942') })).toEqual([200, undefined]);
  expect(await lookUp({ to: orgUrn('974761076') })).toEqual([404, 'AM-00001']);
  expect(await lookUp({ from: personUrn('03867199348') })).toEqual([400, 'AM-00012']);
  clock.move(2 * 86_400_000);
  expect(await lookUp()).toEqual([400, 'AM-00013']);
  await answer('revoke');
  expect(await lookUp()).toEqual([500, 'STD-00001']);
  clock.move(-2 * 86_400_000);
  expect(await lookUp()).toEqual([400, 'AM-00011']);
});

test('the resource registry is open, and its consent search leaves out what is delegated to suppliers', async () => {
  const { send } = await openNeighbour();
  const registry = '/altinn3/resourceregistry/api/v1/resource';
  const { body } = await send('GET', `${registry}/ttd_inntektsopplysninger`);
  expect(body).toMatchObject({
    identifier: 'ttd_inntektsopplysninger',
    title: { nb: 'Generisk Tilgangslisteressurs' },
    hasCompetentAuthority: { organization: '991825827', orgcode: 'ttd' },
    accessListMode: 'Enabled',
    resourceType: 'Consent',
    consentMetadata: { inntektsaar: {} },
    authorizationReference: [{ id: 'urn:altinn:resource', value: 'ttd_inntektsopplysninger' }],
    consentTemplate: 'sblanesoknad',
    versionId: 4,
  });
  expect((await send('GET', `${registry}/none`)).status).toBe(404);
  const all = (await send('GET', `${registry}/resourcelist`)).body as unknown as unknown[];
  const consents = (await send('GET', `${registry}/search?ResourceType=Consent`)).body as unknown as unknown[];
  expect(consents).toHaveLength(7);
  expect(all.length).toBeGreaterThan(consents.length);
});
