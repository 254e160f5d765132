import { expect, test } from 'vitest';
import { ownerApiKey } from '../../src/sandbox/altinn2/first-services.ts';
import { bank, hal, openAltinn2Neighbour, operatorApiKey, person } from './altinn2-neighbour.ts';
import { firstKey } from './neighbour.ts';

const skatteetaten = '974761076';
const consents = '/altinn2/api/serviceowner/consents?serviceCode=4628&serviceEdition=210607';
const srr = '/altinn2/api/serviceowner/srr';
const scopes = ['altinn:serviceowner/consents', 'altinn:serviceowner/srr.read', 'altinn:serviceowner/srr.write'];

/** The data source's own client beside the supplier. */
const openOwner = async () => {
  const neighbour = await openAltinn2Neighbour();
  const { control, ask, send } = neighbour;
  await control('POST', 'clients', { clientId: 'ske', orgno: skatteetaten, scopes, jwks: { keys: [firstKey.jwk] } });
  const own = async (scope: string) => {
    const { body } = await ask({ iss: 'ske', scope });
    return { apikey: ownerApiKey, authorization: `Bearer ${body.access_token}`, ...hal };
  };
  return {
    ...neighbour,
    own,
    consents: async (query = '') => send('GET', `${consents}${query}`, undefined, await own(scopes[0] ?? '')),
    register: async (method: string, path = '', sent?: object) =>
      send(method, `${srr}${path}`, sent, await own(method === 'GET' ? (scopes[1] ?? '') : (scopes[2] ?? ''))),
  };
};

test('an owner sees what was given to its services: active or revoked, and nothing that has run out', async () => {
  const { consents: list, accepted, created, does, clock } = await openOwner();
  await created();
  const [lasting, revoked] = [await accepted(), await accepted()];
  await accepted({ ValidTo: '2026-02-03T10:05:00Z' });
  await does(revoked, 'revoke');
  clock.move(600_000);
  const { body, headers } = await list();
  expect(headers.get('content-type')).toContain('hal+json');
  expect(body).toMatchObject({
    _links: { self: { href: expect.stringContaining('serviceEdition=210607') }, next: {} },
    _embedded: {
      consents: [
        {
          AuthorizationCode: lasting,
          Status: 'active',
          OfferedBy: { Name: 'Syntetisk person 1', Type: 'Person', SocialSecurityNumber: person },
          CoveredBy: { Name: 'Syntetisk bank', Type: 'Enterprise', OrganizationNumber: bank },
          HandledBy: { OrganizationNumber: '310149942' },
          ValidTo: '2026-02-04T11:00:00.000+01:00',
        },
        { AuthorizationCode: revoked, Status: 'revoked' },
      ],
    },
  });
  expect((await list('&status=active')).body).toMatchObject({ _embedded: { consents: [{ Status: 'active' }] } });
  const { continuationtoken } = body as unknown as { continuationtoken: string };
  expect((await list(`&continuation=${continuationtoken}`)).body).toMatchObject({ _embedded: { consents: [] } });
});

test('a use of a one-time consent counts as revoked', async () => {
  const { control, accepted, logUse, consents: list } = await openOwner();
  await control('PUT', 'altinn2/services/4628_210607', { oneTime: true });
  await logUse(await accepted());
  expect((await list()).body).toMatchObject({ _embedded: { consents: [{ Status: 'revoked' }] } });
});

test('these calls are for owners of services alone, each for its own', async () => {
  const { send, own, as } = await openOwner();
  const other = consents.replace('4628', '5252').replace('210607', '2');
  expect((await send('GET', other, undefined, await own(scopes[0] ?? ''))).status).toBe(403);
  expect((await send('GET', consents, undefined, await own(scopes[1] ?? ''))).status).toBe(403);
  const supplier = { ...(await as('altinn:consentrequests.read')), apikey: operatorApiKey };
  expect((await send('GET', consents, undefined, supplier)).status).toBe(403);
  expect((await send('GET', `${srr}?serviceCode=4628`, undefined, supplier)).status).toBe(403);
});

test('an owner keeps its rights register: reads, adds, changes, strikes off', async () => {
  const { register, create, url, own } = await openOwner();
  const service = { ServiceCode: '4628', ServiceEditionCode: '210607' };
  const right = { Reportee: '910514318', Right: 'Read', ValidTo: '2027-01-01T00:00:00' };
  const list = (reportee = '') => register('GET', `?serviceCode=4628&serviceEditionCode=210607${reportee}`);
  expect((await list(`&reportee=${bank}`)).body).toMatchObject([
    { Reportee: bank, ServiceCode: '4628', Right: 'read' },
  ]);

  const added = await register('POST', '', { ...service, Rights: [right] });
  expect(added).toMatchObject({
    status: 201,
    body: [{ OperationResult: 'Ok', Reportee: '910514318', ValidTo: '2027-01-01T00:00:00.000' }],
  });
  expect((await register('POST', '', { ...service, Rights: [right] })).status).toBe(409);
  const [{ Id: id } = { Id: 0 }] = added.body as unknown as { Id: number }[];
  const Condition = { AllowedRedirectDomain: 'bank.example', KeepSessionAlive: true };
  expect((await register('PUT', `/${id}`, { ...service, Rights: [{ ...right, Condition }] })).status).toBe(204);
  expect((await register('GET', `/${id}`)).body).toMatchObject({ Condition });
  expect((await register('DELETE', `/${id}`)).status).toBe(204);
  const gone = await fetch(`${url}${srr}/${id}`, { headers: await own(scopes[1] ?? '') });
  expect([gone.status, gone.statusText]).toEqual([
    403,
    'The API key is not authorized for this operation, or the supplied rule id is invalid.',
  ]);
  expect((await register('POST', '', { ...service, Rights: [{ ...right, Reportee: '910514319' }] })).status).toBe(400);

  // It bites at the next request.
  const [{ Id: own4628 } = { Id: 0 }] = (await list(`&reportee=${bank}`)).body as unknown as { Id: number }[];
  expect((await create()).status).toBe(201);
  await register('DELETE', `/${own4628}`);
  expect((await create()).status).toBe(400);
});
