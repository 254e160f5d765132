import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  bank,
  department,
  firstKey,
  type Neighbour,
  openNeighbour,
  orgUrn,
  personUrn,
  readScope,
  writeScope,
} from './neighbour.ts';

const right = (value: string, metadata: object = {}, changes: object = {}) => ({
  action: ['consent'],
  resource: [{ type: 'urn:altinn:resource', value }],
  metadata,
  ...changes,
});
const income = (metadata: object = { fraogmed: '2024-01', tilogmed: '2024-12' }) =>
  right('ske-samtykke-sbl-inntekt', metadata);

/** Posts a request that differs from a good one, in the bank's name. */
const creating = async (neighbour: Neighbour) => {
  const bearer = await neighbour.token();
  return (changes: object = {}) => neighbour.create(bearer, neighbour.requestBody(changes));
};
const problemOf = (code: string, extra: object = {}, status = 400) => ({ status, body: { code, ...extra } });

test('the published loan application is answered as published', async () => {
  const { control, ask, create, url } = await openNeighbour();
  const client = { clientId: 'own', orgno: department, scopes: [writeScope] };
  await control('POST', 'clients', { ...client, jwks: { keys: [firstKey.jwk] } });
  const { body } = await ask({ iss: 'own' });
  const id = 'f70542a8-d97a-40a8-9ef7-221603ffd5e6';
  const rights = [income(), right('ske-samtykke-sbl-summert-skattegrunnlag', { inntektsaar: '2024' })];
  const redirectUrl = `https://smartbankdemo.azurewebsites.net/private/loanapplication/consentresult?requestId=${id}&environment=tt02`;
  const created = await create(body.access_token as unknown as string, {
    id,
    from: personUrn(),
    to: orgUrn(department),
    validTo: '2027-07-18T06:18:12.2597103+00:00',
    consentRights: rights,
    redirectUrl,
  });
  expect(created.status).toBe(201);
  expect(created.body).toEqual({
    id,
    from: personUrn(),
    to: orgUrn(department),
    requiredDelegator: null,
    handledBy: null,
    validTo: '2027-07-18T06:18:12.25971+00:00',
    consentRights: rights,
    requestMessage: null,
    status: 'Created',
    consented: null,
    redirectUrl,
    consentRequestEvents: [
      {
        consentEventID: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
        created: expect.stringMatching(/^2026-02-03T10:00:00(\.\d{0,5}[1-9])?\+00:00$/),
        performedBy: orgUrn(department),
        eventType: 'Created',
        consentRequestID: id,
      },
    ],
    viewUri: `${url}/altinn3/accessmanagement/ui/consent/request?id=${id}`,
    portalViewMode: 'Hide',
  });
});

test('the published supplier flow: metaData in any case, handledBy by itself, and a repeat in another shape', async () => {
  const neighbour = await openNeighbour();
  const create = await creating(neighbour);
  const id = 'a005e4e7-78b3-42b4-ce69-dc68cc5349eb';
  const { metadata, ...simple } = right('enkelt-samtykke', { simpletag: '2026' });
  const request = {
    id,
    from: personUrn('03867199348'),
    validTo: '2026-07-07T13:45:00.0000000+00:00',
    consentRights: [{ ...simple, metaData: metadata }],
    redirectUrl: 'https://altinn.no',
    portalViewMode: 'show',
  };
  const created = await create(request);
  expect(created).toMatchObject({
    status: 201,
    body: {
      handledBy: orgUrn('310149942'),
      validTo: '2026-07-07T13:45:00+00:00',
      consentRights: [{ metadata }],
      portalViewMode: 'Show',
      consentRequestEvents: [{ performedBy: orgUrn(bank) }],
    },
  });
  const again = await create({ ...request, consentRights: [right('enkelt-samtykke', { simpletag: 'other' })] });
  expect(again).toMatchObject({
    status: 200,
    body: {
      consentRequestStatus: 'Created',
      templateId: 'samtykkemal_simpleconsent',
      templateVersion: 1,
      consentRights: [
        { resource: [{ type: 'urn:altinn:resource', value: 'enkelt-samtykke', version: '4' }], metadata },
      ],
      consentRequestEvents: [{ performedBy: expect.stringMatching(/^urn:altinn:party:uuid:[0-9a-f-]{36}$/) }],
    },
  });
  expect(again.body).not.toHaveProperty('status');
  expect(again.headers.get('location')).toBeNull();
  expect(await create({ ...request, from: personUrn() })).toMatchObject(problemOf('AM-00016', { requestId: id }));
  expect(await neighbour.control('GET', 'consents')).toMatchObject({
    body: [{ id, to: bank, from: '038671*****', status: 'Created', createCalls: 2 }],
  });
});

test('the gatekeepers answer without a body: no token 401, expired 401, no scope 403', async () => {
  const { create, requestBody, token, clock } = await openNeighbour();
  const empty = (status: number) => ({ status, body: '' });
  expect(await create('no.real.token', requestBody())).toMatchObject(empty(401));
  expect(await create(await token({ scope: readScope }), requestBody())).toMatchObject(empty(403));
  const bearer = await token();
  clock.move(131_000);
  expect(await create(bearer, requestBody())).toMatchObject(empty(401));
});

test('the same resource twice, with different metadata, is one good request', async () => {
  const create = await creating(await openNeighbour());
  const rights = [income(), income({ fraogmed: '2022-01', tilogmed: '2022-12' })];
  expect(await create({ consentRights: rights })).toMatchObject({ status: 201, body: { consentRights: rights } });
});

test('GET is for the consumer only, and shows an expiry nobody stored', async () => {
  const neighbour = await openNeighbour();
  const { token, get, control, clock } = neighbour;
  const id = randomUUID();
  await (await creating(neighbour))({ id });
  const read = { scope: readScope };
  expect(await get(await token(read), randomUUID())).toMatchObject(problemOf('AM-00001', {}, 404));
  await control('POST', 'onboard', { orgno: department, name: 'Testdepartement' });
  expect(await get(await token({ ...read, consumer_org: department }), id)).toMatchObject(
    problemOf('AM-00000', {}, 403),
  );
  expect(await get(await token(read), id)).toMatchObject({ status: 200, body: { status: 'Created' } });
  clock.move(2 * 86_400_000);
  const { body } = await get(await token(read), id);
  const zeros = '00000000-0000-0000-0000-000000000000';
  expect(body).toMatchObject({
    status: 'Created',
    consentRequestEvents: [
      { eventType: 'Created' },
      {
        eventType: 'Expired',
        consentEventID: zeros,
        consentRequestID: zeros,
        created: body.validTo,
        performedBy: orgUrn(bank),
      },
    ],
  });
});
