import { expect, test } from 'vitest';
import { bank, hal, months, openAltinn2Neighbour, operator, year } from './altinn2-neighbour.ts';

test('a request is answered as the guide shows it, with the number masked and the name left out', async () => {
  const { create, url } = await openAltinn2Neighbour();
  const { status, headers, body } = await create();
  expect(status).toBe(201);
  expect(headers.get('content-type')).toBe('application/hal+json; charset=utf-8');
  const code = String(body.AuthorizationCode);
  expect(code).toMatch(/^[0-9a-f-]{36}$/);
  expect(body).toEqual({
    AuthorizationCode: code,
    RequestStatus: 'Unopened',
    CoveredBy: bank,
    OfferedBy: '259229*****',
    HandledBy: operator,
    // Oslo's time: nothing says so but the missing offset.
    ValidTo: '2026-02-04T11:00:00.000',
    RedirectUrl: 'https://hub.example/callback/x1',
    RequestResources: [year, months],
    PortalViewMode: 'Hide',
    Created: '2026-02-03T11:00:00.000',
    LastChanged: '2026-02-03T11:00:00.000',
    _links: {
      self: { href: `${url}/altinn2/api/consentRequests/${code}` },
      gui: { href: `${url}/altinn2/ui/AccessConsent/request?id=${code}` },
    },
  });
});

test('links come to those alone who accept HAL', async () => {
  const { create } = await openAltinn2Neighbour();
  const { status, headers, body } = await create({}, { accept: 'application/json' });
  expect(status).toBe(201);
  expect(headers.get('content-type')).toContain('application/json');
  expect(body).not.toHaveProperty('_links');
});

test('the same call again makes another request', async () => {
  const { create, control } = await openAltinn2Neighbour();
  const [one, two] = [await create(), await create()];
  expect(two.status).toBe(201);
  expect(two.body.AuthorizationCode).not.toBe(one.body.AuthorizationCode);
  expect((await control('GET', 'altinn2/requests')).body).toHaveLength(2);
});

test('paths and names of fields are read in any case, in the singular too, and HAL is a content type', async () => {
  const { send, as, body, url } = await openAltinn2Neighbour();
  const camel = Object.fromEntries(
    Object.entries(body()).map(([name, value]) => [`${name.slice(0, 1).toLowerCase()}${name.slice(1)}`, value]),
  );
  const headers = { ...(await as('altinn:consentrequests.write')), ...hal };
  for (const path of ['/altinn2/API/consentrequest', '/altinn2/api/ConsentRequests?ForceEIAuthentication'])
    expect((await send('POST', path, camel, headers)).status).toBe(201);
  const post = (type: string) =>
    fetch(`${url}/altinn2/api/consentRequests`, {
      method: 'POST',
      headers: { ...headers, 'content-type': type },
      body: JSON.stringify(body()),
    });
  expect((await post('application/hal+json')).status).toBe(201);
  expect((await post('text/plain')).status).toBe(415);
});

test('metadata that is declared must come with a value by its very name; what is not declared is dropped', async () => {
  const { create } = await openAltinn2Neighbour();
  const metadata = (Metadata: object | undefined) =>
    create({ RequestResources: [{ ServiceCode: '4628', ServiceEditionCode: 210607, Metadata }] });
  for (const lacking of [undefined, {}, { inntektsaar: '' }, { inntektsaar: null }, { InntektsAar: '2024' }])
    expect(await metadata(lacking)).toMatchObject({
      status: 400,
      body: [{ ErrorMessage: expect.stringContaining('inntektsaar') }],
    });
  const { body } = await metadata({ inntektsaar: 2024, more: 'than asked' });
  expect(body.RequestResources).toMatchObject([{ Metadata: { inntektsaar: '2024' } }]);
  expect(JSON.stringify(body)).not.toContain('than asked');
});

test('each template has its rule for messages, and three languages there are', async () => {
  const { create } = await openAltinn2Neighbour();
  const older = { ServiceCode: '4629', ServiceEditionCode: 2, Metadata: { inntektsaar: '2024' } };
  const power = { ServiceCode: '5678', ServiceEditionCode: 2 };
  const RequestMessage = { 'no-nb': 'Hei', 'no-nn': 'Hei', en: 'Hello' };
  const asked = async (resource: object, message?: object) =>
    (await create({ RequestResources: [resource], ...(message && { RequestMessage: message }) })).status;
  expect(await asked(year, RequestMessage)).toBe(400);
  expect(await asked(year, {})).toBe(201);
  expect(await asked(older)).toBe(201);
  expect(await asked(power)).toBe(400);
  expect(await asked(power, { 'no-nb': 'Hei' })).toBe(201);
  expect(await asked(older, { nb: 'Hei' })).toBe(400);
  expect((await create({ RequestResources: [older], RequestMessage })).body.RequestMessage).toEqual(RequestMessage);
});

test('names are compared with the registers: surnames in any case, organisations whole', async () => {
  const { create, control } = await openAltinn2Neighbour();
  const named = async (OfferedBy: string, OfferedByName: string) => {
    const { status, body } = await create({ OfferedBy, OfferedByName });
    return status === 201 ? 201 : body;
  };
  const wrong = [{ ErrorCode: '40332', ErrorMessage: expect.stringContaining('OfferedBy') }];
  expect(await named('03867199348', 'lippe')).toBe(201);
  expect(await named('03867199348', 'von der Lippe')).toEqual(wrong);
  expect(await named('03867199348', 'Nordmann')).toEqual(wrong);
  expect(await named('25922947408', 'Nordmann')).toEqual(wrong);
  expect(await named('01819010001', 'Ukjent')).toEqual(wrong);
  await control('POST', 'persons', { id: '01819010001', name: 'Kari von der Lippe' });
  expect(await named('01819010001', 'LIPPE')).toBe(201);
  expect(await named('910514318', 'syntetisk  foretak')).toBe(201);
  expect(await named('910514318', 'Foretak')).toEqual(wrong);
  const delegated = (RequiredDelegator: string, RequiredDelegatorName?: string) =>
    create({ OfferedBy: '910514318', OfferedByName: 'Syntetisk foretak', RequiredDelegator, RequiredDelegatorName });
  expect((await delegated('23886799519', 'Hansen')).body.RequiredDelegator).toBe('238867*****');
  expect((await delegated('23886799519', 'Olsen')).body).toMatchObject([{ ErrorCode: '40332' }]);
  expect((await delegated('23886799519')).status).toBe(400);
});

test('all that is wrong comes in one list, and one template serves a whole request', async () => {
  const { create } = await openAltinn2Neighbour();
  const simple = { ServiceCode: '3181', ServiceEditionCode: 120803 };
  const { status, body } = await create({
    ValidTo: '2026-02-03T10:59:59',
    RequestResources: [year, simple, { ServiceCode: '9999', ServiceEditionCode: 1 }],
    OfferedByName: 'Olsen',
  });
  expect(status).toBe(400);
  expect((body as unknown as { ErrorMessage: string }[]).map(({ ErrorMessage }) => ErrorMessage)).toEqual([
    expect.stringContaining('OfferedByName'),
    expect.stringContaining('ValidTo'),
    expect.stringContaining('9999_1'),
    expect.stringContaining('template'),
  ]);
  // Without an offset it is Oslo's clock: an hour ahead in winter.
  expect((await create({ ValidTo: '2026-02-03T11:00:01' })).status).toBe(201);
});

test('a body that cannot be read is refused by field, under the names of the OpenAPI document where wanted', async () => {
  const { create, control } = await openAltinn2Neighbour();
  const broken = { ValidTo: 'soon', RequestResources: [{ ServiceCode: '4628', ServiceEditionCode: '210607' }] };
  const { body } = await create(broken);
  expect(body).toMatchObject([{ ErrorCode: '19023', ErrorMessage: 'validto: is no time' }, {}]);
  await control('POST', 'settings', { altinn2ErrorNames: 'errorDescription' });
  expect((await create(broken)).body).toMatchObject([
    { errorCode: '19023', errorDescription: 'validto: is no time' },
    {},
  ]);
  expect((await create({ RequestResources: [] })).status).toBe(400);
});

test('the rights register decides who may be given a consent', async () => {
  const { create, control } = await openAltinn2Neighbour();
  await control('DELETE', `altinn2/srr/4628_210607/${bank}`);
  expect((await create()).body).toMatchObject([{ ErrorMessage: expect.stringContaining('4628_210607') }]);
  await control('PUT', `altinn2/srr/4628_210607/${bank}`, { validTo: '2026-02-03T09:00:00Z' });
  expect((await create()).status).toBe(400);
  await control('PUT', `altinn2/srr/4628_210607/${bank}`);
  expect((await create()).status).toBe(201);
});

test('names in answers are camelCase where the help pages are believed, and times carry offsets where wanted', async () => {
  const { create, control } = await openAltinn2Neighbour();
  await control('POST', 'settings', { altinn2Names: 'camel', altinn2Offsets: true });
  const { body } = await create();
  expect(body).toMatchObject({
    authorizationCode: expect.any(String),
    validTo: '2026-02-04T11:00:00.000+01:00',
    requestResources: [{ metadata: { inntektsaar: '2024' } }, { metadata: { fraOgMed: '2024-01' } }],
    _links: { gui: { href: expect.any(String) } },
  });
});
