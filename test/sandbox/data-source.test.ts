import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { consentedMetadata } from '../../src/sandbox/data-source/check-consent.ts';
import { dataScope, openNeighbour, person, personUrn, readScope } from './neighbour.ts';

const path = `skatteetaten/inntekt/${person}`;

const openConsent = async () => {
  const neighbour = await openNeighbour();
  const id = randomUUID();
  await neighbour.create(await neighbour.token(), neighbour.requestBody({ id }));
  await neighbour.control('POST', `consents/${id}/accept`);
  const details = [{ type: 'urn:altinn:consent', id, from: personUrn() }];
  const consentToken = (scope = dataScope) => neighbour.token({ scope, authorization_details: details });
  return { ...neighbour, id, consentToken };
};

test('income comes as JSON or XML, the same each time, for the months asked for', async () => {
  const { data, consentToken } = await openConsent();
  const bearer = await consentToken();
  const year = await data(bearer, path);
  expect(year.status).toBe(200);
  const part = await data(bearer, `${path}?fraOgMed=2024-03&tilOgMed=2024-04`);
  expect(part.body.inntekt).toEqual((year.body.inntekt as unknown as object[]).slice(2, 4));
  const xml = await data(bearer, path, { accept: 'application/xml' });
  expect(xml.headers.get('content-type')).toContain('application/xml');
  expect(xml.body).toContain('<maaned>2024-12</maaned>');
  expect((await data(bearer, `skatteetaten/store-svar/${person}?bytes=5000`)).body.fyll).toHaveLength(5000);
});

test('without a good token, its scope, a consent, that person or that period, nothing is told', async () => {
  const { data, token, consentToken, clock } = await openConsent();
  const refusal = async (bearer: string, wanted = path) => {
    const { status, body } = await data(bearer, wanted);
    return [status, body.code];
  };
  expect(await refusal('not.a.token')).toEqual([401, 'token-invalid']);
  expect(await refusal(await consentToken(readScope))).toEqual([403, 'scope-missing']);
  expect(await refusal(await token({ scope: dataScope }))).toEqual([403, 'consent-missing']);
  const bearer = await consentToken();
  expect(await refusal(bearer, 'skatteetaten/inntekt/03867199348')).toEqual([403, 'consent-other-person']);
  expect(await refusal(bearer, `${path}?fraOgMed=2023-12`)).toEqual([403, 'consent-not-covering']);
  expect(await refusal(bearer, `skatteetaten/summertskattegrunnlag/${person}`)).toEqual([403, 'scope-missing']);
  clock.move(131_000);
  expect(await refusal(bearer)).toEqual([401, 'token-invalid']);
});

test('claims are checked one by one, and names read in any case', () => {
  const organization = (orgno: string) => ({ authority: 'iso6523-actorid-upis', ID: `0192:${orgno}` });
  const consent = {
    type: 'urn:altinn:consent',
    id: randomUUID(),
    from: personUrn(),
    to: organization('313876144'),
    validTo: '2026-03-01T00:00:00+00:00',
    consentRights: [
      { action: ['consent'], resource: [{ type: 'urn:altinn:resource', value: 'thing' }], metaData: { Year: '2024' } },
    ],
  };
  const claims = {
    iss: 'issuer',
    iat: 0,
    exp: 0,
    scope: 'a b',
    consumer: organization('313876144'),
    supplier: organization('310149942'),
    delegation_source: 'https://tt02.altinn.no',
    authorization_details: [consent],
  };
  const wanted = { scope: 'b', resource: 'thing', subject: person };
  const check = (changes: object) =>
    consentedMetadata({ ...claims, ...changes }, wanted, new Date('2026-02-03T10:00:00Z'));
  const withConsent = (changes: object) => check({ authorization_details: [{ ...consent, ...changes }] });
  expect(check({})).toEqual({ metadata: [{ year: '2024' }] });
  expect(check({ delegation_source: 'https://elsewhere.example/' })).toEqual({ refused: 'delegation-source-unknown' });
  expect(withConsent({ to: organization('991825827') })).toEqual({ refused: 'consent-not-for-consumer' });
  expect(withConsent({ validTo: '2026-02-03T10:00:00Z' })).toEqual({ refused: 'consent-expired' });
  expect(withConsent({ consentRights: [] })).toEqual({ refused: 'consent-not-covering' });
});
