import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { metadataIn } from '../../src/sandbox/data-source/check-altinn2-consent.ts';
import { bank, months, openAltinn2Neighbour, person, readTokens } from './altinn2-neighbour.ts';
import { firstKey, personUrn } from './neighbour.ts';

const income = `/data/skatteetaten/inntekt/${person}`;
const incomeScope = 'skatteetaten:inntekt';

const openConsent = async (changes: object = {}) => {
  const neighbour = await openAltinn2Neighbour();
  const code = await neighbour.accepted(changes);
  const { send, bearer } = neighbour;
  const consentToken = async (one = code) => String((await neighbour.consentToken(one)).body);
  const data = async (
    pair: { token?: string; scope?: string; consumer?: string; accept?: string } = {},
    path = income,
  ) => {
    const { token = await consentToken(), scope = incomeScope, consumer = bank, accept = '*/*' } = pair;
    const authorization = `Bearer ${await bearer(scope, consumer)}`;
    return send('GET', path, undefined, { authorization, altinnsamtykke: token, accept });
  };
  const refusal = async (...args: Parameters<typeof data>) => {
    const { status, body } = await data(...args);
    return [status, body.kode ?? body.code, String(body.melding ?? '').replace(/^.*: /, '')];
  };
  return { ...neighbour, code, consentTokenOf: consentToken, data, refusal };
};

test('either pair of tokens opens the same data', async () => {
  const { data, token, requestBody, control, send } = await openConsent();
  const whole = await data();
  expect(whole).toMatchObject({ status: 200, body: { id: person, fraOgMed: '2024-01', tilOgMed: '2024-12' } });
  const part = await data({}, `${income}?fraOgMed=2024-03&tilOgMed=2024-04`);
  expect(part.body.inntekt).toEqual((whole.body.inntekt as unknown as object[]).slice(2, 4));
  expect((await data({ accept: 'application/xml' })).body).toContain('<maaned>2024-12</maaned>');
  // The newer pair, of one: the consent stands in the Maskinporten token.
  const id = randomUUID();
  const path = '/altinn3/accessmanagement/api/v1/enterprise/consentrequests';
  await send('POST', path, requestBody({ id }), { authorization: `Bearer ${await token()}` });
  await control('POST', `consents/${id}/accept`);
  const authorization_details = [{ type: 'urn:altinn:consent', id, from: personUrn() }];
  const one = await token({ scope: incomeScope, authorization_details });
  expect((await send('GET', income, undefined, { authorization: `Bearer ${one}` })).body).toEqual(whole.body);
  const basis = await data(
    { scope: 'skatteetaten:summertskattegrunnlag' },
    `/data/skatteetaten/summertskattegrunnlag/${person}`,
  );
  expect(basis).toMatchObject({ status: 200, body: { inntektsaar: '2024' } });
});

test('Lånekassen tells a balance under its own scope and service', async () => {
  const { data, refusal } = await openConsent({
    RequestResources: [{ ServiceCode: '5252', ServiceEditionCode: 2, Metadata: { Navn: 'Syntetisk bank' } }],
  });
  const scope = 'lanekassen:lan/v1/saldoopplysninger';
  expect(await data({ scope }, `/data/lanekassen/saldoopplysninger/${person}`)).toMatchObject({
    status: 200,
    body: { saldo: expect.any(Number) },
  });
  expect(await refusal()).toEqual([403, 'SSG-010', 'dekker ikke disse opplysningene.']);
});

test('the Maskinporten token is looked at first', async () => {
  const { refusal, send, consentTokenOf, clock } = await openConsent();
  const token = await consentTokenOf();
  expect((await refusal({ token, scope: readTokens })).slice(0, 2)).toEqual([403, 'scope-missing']);
  expect((await send('GET', income, undefined, { altinnsamtykke: token })).body).toMatchObject({
    code: 'token-invalid',
  });
  clock.move(1000);
  expect((await refusal({ token })).slice(0, 1)).toEqual([200]);
});

test('whatever is wrong with the consent token is SSG-010', async () => {
  const { refusal, consentTokenOf, clock, control, does, code } = await openConsent();
  const token = await consentTokenOf();
  const wrong = async (pair: { token?: string; consumer?: string }, path?: string) => refusal({ token, ...pair }, path);
  const [head, payload = '', signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
  const changed = Buffer.from(JSON.stringify({ ...claims, CoveredBy: '314000005' })).toString('base64url');
  const ours = await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'ours' }).sign(firstKey.privateKey);

  expect(await wrong({ token: 'nonsense' })).toEqual([403, 'SSG-010', 'ikke et gyldig token.']);
  expect(await wrong({ token: `${head}.${changed}.${signature}` })).toEqual([
    403,
    'SSG-010',
    'ukjent nøkkel eller feil signatur.',
  ]);
  expect(await wrong({ token: ours })).toEqual([403, 'SSG-010', 'ukjent nøkkel eller feil signatur.']);
  await control('POST', 'onboard', { orgno: '314000005', name: 'Ny bank' });
  expect(await wrong({ consumer: '314000005' })).toEqual([403, 'SSG-010', 'gitt til en annen enn konsumenten.']);
  expect(await wrong({}, '/data/skatteetaten/inntekt/03867199348')).toEqual([
    403,
    'SSG-010',
    'gitt av en annen enn den det spørres om.',
  ]);
  expect(await wrong({}, `${income}?fraOgMed=2023-12`)).toEqual([403, 'SSG-010', 'dekker ikke disse opplysningene.']);

  // A token fetched before goes on as long as it lives, even when the consent is taken back.
  await does(code, 'revoke');
  clock.move(29_000);
  expect((await wrong({}))[0]).toBe(200);
  clock.move(1000);
  expect(await wrong({})).toEqual([403, 'SSG-010', 'utløpt.']);
});

test('a consent that is over is refused although its token still lives', async () => {
  const { refusal, consentTokenOf, clock } = await openConsent({ ValidTo: '2026-02-03T10:00:10Z' });
  const token = await consentTokenOf();
  expect((await refusal({ token }))[0]).toBe(200);
  clock.move(11_000);
  expect(await refusal({ token })).toEqual([403, 'SSG-010', 'samtykket gjelder ikke lenger.']);
});

test('a data source takes no consent that lasts longer than it allows; days are those of the calendar', async () => {
  const { accepted, consentTokenOf, refusal, clock } = await openConsent();
  const lasting = async (ValidTo: string) => {
    const token = await consentTokenOf(await accepted({ ValidTo, RequestResources: [months] }));
    return refusal({ token });
  };
  expect((await lasting('2026-02-13T10:00:00Z'))[0]).toBe(200);
  expect(await lasting('2026-02-13T10:00:01Z')).toEqual([
    403,
    'SSG-010',
    'samtykket varer lenger enn tjenesten tillater.',
  ]);
  // Over the night in March when the clocks go forward, ten days are 239 hours.
  clock.move(Date.parse('2026-03-25T10:00:00Z') - clock.now().getTime());
  expect((await lasting('2026-04-04T10:00:00Z'))[2]).toContain('varer lenger');
  expect((await lasting('2026-04-04T09:00:00Z'))[0]).toBe(200);
});

test('services in a token are read in all the forms that were seen', () => {
  const twice = ['4628_210607', '4628_210607_inntektsaar=2023', '4628_210607', '4628_210607_inntektsaar=2024'];
  expect(metadataIn(twice, '4628_210607')).toEqual([{ inntektsaar: '2023' }, { inntektsaar: '2024' }]);
  expect(metadataIn('3181_120803', '3181_120803')).toEqual([{}]);
  expect(metadataIn(['4629_2', '4629_2,inntektsaar=2016'], '4629_2')).toEqual([{ inntektsaar: '2016' }]);
  expect(metadataIn(['4629_21', '4629_21_inntektsaar=2016'], '4629_2')).toEqual([]);
  expect(metadataIn(undefined, '4629_2')).toEqual([]);
});
