import { expect, test } from 'vitest';
import { bank, firstKey, openNeighbour, operator, orgUrn, readScope, writeScope } from './neighbour.ts';

const skatteetaten = '974761076';
const foretak = '910514318';
const scopes = {
  grants: 'idporten:scopes.write',
  listsRead: 'altinn:resourceregistry/accesslist.read',
  listsWrite: 'altinn:resourceregistry/accesslist.write',
  lookup: 'altinn:maskinporten/delegations',
  consumers: 'altinn:accessmanagement/enduser:maskinportenconsumers.read',
  consumersWrite: 'altinn:accessmanagement/enduser:maskinportenconsumers.write',
};

/** A client of the tax administration, and one of the supplier's own, each for itself. */
const openOwner = async () => {
  const neighbour = await openNeighbour();
  const { control, ask, send } = neighbour;
  for (const [clientId, orgno] of [
    ['ske', skatteetaten],
    ['own', operator],
  ]) {
    await control('POST', 'clients', {
      clientId,
      orgno,
      scopes: Object.values(scopes),
      jwks: { keys: [firstKey.jwk] },
    });
    for (const scope of Object.values(scopes)) await control('PUT', `grants/${orgno}/${encodeURIComponent(scope)}`);
  }
  const as =
    (iss: string) =>
    async (scope: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
      const { body: token } = await ask({ iss, scope });
      return send(method, path, body, { authorization: `Bearer ${token.access_token}`, ...headers });
    };
  return { ...neighbour, ske: as('ske'), own: as('own') };
};

test('an owner grants its scope and takes it away; what was taken stays in the list as denied', async () => {
  const { ske, own, send, ask } = await openOwner();
  const access = (orgno: string, scope = 'skatteetaten:inntekt') =>
    `/sandbox/api/v1/scopes/access/${orgno}?scope=${encodeURIComponent(scope)}`;
  const list = async () => (await ske(scopes.grants, 'GET', access('').replace('/?', '?'))).body as unknown as object[];
  const before = (await list()).length;
  expect(await ske(scopes.grants, 'PUT', access(foretak))).toMatchObject({
    status: 200,
    body: { scope: 'skatteetaten:inntekt', state: 'APPROVED', consumer_orgno: foretak, owner_orgno: skatteetaten },
  });
  expect(await list()).toHaveLength(before + 1);
  await ske(scopes.grants, 'DELETE', access(foretak));
  expect(await list()).toContainEqual(expect.objectContaining({ consumer_orgno: foretak, state: 'DENIED' }));
  // It bites at the next token.
  expect((await ask({ consumer_org: bank, scope: 'skatteetaten:inntekt' })).status).toBe(200);
  await ske(scopes.grants, 'DELETE', access(bank));
  expect((await ask({ consumer_org: bank, scope: 'skatteetaten:inntekt' })).body).toMatchObject({
    error_uri: expect.stringContaining('MP-250'),
  });

  expect((await ske(scopes.grants, 'PUT', access('910514319'))).status).toBe(400);
  expect((await ske(scopes.grants, 'DELETE', access('889640782'))).status).toBe(404);
  expect((await ske(scopes.grants, 'PUT', access(foretak, 'no:such'))).status).toBe(404);
  expect((await own(scopes.grants, 'PUT', access(foretak))).status).toBe(403);
  expect((await ske(scopes.listsRead, 'PUT', access(foretak))).status).toBe(403);
  expect((await send('PUT', access(foretak))).status).toBe(401);
});

test('an owner keeps an access list in the resource registry; its members may ask for consents', async () => {
  const { ske, own, token, create, requestBody, control } = await openOwner();
  const base = '/altinn3/resourceregistry/api/v1/access-lists/skd';
  const list = `${base}/consumers`;
  const write = (method: string, path: string, body?: unknown, headers = {}) =>
    ske(scopes.listsWrite, method, path, body, headers);
  const read = (path: string, headers = {}) => ske(scopes.listsRead, 'GET', path, undefined, headers);
  const resource = 'ske-samtykke-sbl-inntekt';
  await control('DELETE', `access-lists/${resource}/${bank}`);
  const bearer = await token();
  expect((await create(bearer, requestBody())).status).toBe(403);

  expect((await read(`${list}/members`)).status).toBe(404);
  const made = await write('PUT', list, { name: 'Consumers', description: 'Banks' }, { 'if-none-match': '*' });
  expect(made.body).toMatchObject({ urn: 'urn:altinn:access-list:skd:consumers', identifier: 'consumers' });
  expect((await write('PUT', list, { name: 'Again' }, { 'if-none-match': '*' })).status).toBe(412);
  expect((await read(base)).body).toMatchObject({ data: [{ identifier: 'consumers' }] });
  await write('PUT', `${list}/resource-connections/${resource}`, { actionFilters: [] });
  expect((await create(bearer, requestBody())).status).toBe(403);
  const added = await write('POST', `${list}/members`, { data: [orgUrn(bank), orgUrn(bank)] });
  expect(added.body).toMatchObject({
    links: {},
    data: [{ since: expect.any(String), identifiers: { 'urn:altinn:organization:identifier-no': bank } }],
  });
  expect((await create(bearer, requestBody())).status).toBe(201);

  const etag = added.headers.get('etag') ?? '';
  expect((await read(`${list}/members`, { 'if-none-match': etag })).status).toBe(304);
  await write('POST', `${list}/members`, { data: [orgUrn(foretak)] }, { 'if-match': etag });
  expect((await write('DELETE', `${list}/members`, { data: [orgUrn(bank)] }, { 'if-match': etag })).status).toBe(412);
  await write('DELETE', `${list}/members`, { data: [orgUrn(bank)] });
  expect((await create(bearer, requestBody())).status).toBe(403);

  expect((await write('POST', `${list}/members`, { data: [orgUrn('889640782')] })).body).toMatchObject({
    code: 'RR-00001',
  });
  expect((await write('POST', `${list}/members`, { data: Array(101).fill(orgUrn(bank)) })).body).toMatchObject({
    validationErrors: [{ code: 'RR.VLD-00001' }],
  });
  expect((await write('POST', `${list}/members`, { data: ['urn:nobody'] })).status).toBe(400);
  expect((await own(scopes.listsWrite, 'PUT', list, { name: 'Mine' })).status).toBe(403);
  expect((await ske(scopes.listsRead, 'PUT', list, { name: 'Mine' })).status).toBe(403);
  expect((await write('DELETE', list)).status).toBe(200);
  expect((await write('DELETE', list)).status).toBe(204);
});

test('a long list comes in pages, which a change between them ends', async () => {
  const { ske, control } = await openOwner();
  const list = '/altinn3/resourceregistry/api/v1/access-lists/skd/long';
  await ske(scopes.listsWrite, 'PUT', list, { name: 'Long' });
  const numbers = [...Array(400).keys()]
    .map((index) => {
      const digits = String(10_000_000 + index * 7);
      const sum = [3, 2, 7, 6, 5, 4, 3, 2].reduce((all, weight, place) => all + weight * Number(digits[place]), 0);
      return `${digits}${(11 - (sum % 11)) % 11}`;
    })
    .filter((number) => number.length === 9)
    .slice(0, 150);
  for (const orgno of numbers) await control('POST', 'organizations', { orgno, name: orgno });
  for (const from of [0, 100])
    await ske(scopes.listsWrite, 'POST', `${list}/members`, { data: numbers.slice(from, from + 100).map(orgUrn) });
  const first = (await ske(scopes.listsRead, 'GET', `${list}/members`)).body as unknown as {
    data: object[];
    links: { next: string };
  };
  expect(first.data).toHaveLength(100);
  const { pathname, search } = new URL(first.links.next);
  expect((await ske(scopes.listsRead, 'GET', `${pathname}${search}`)).body).toMatchObject({
    links: {},
    data: { length: 50 },
  });
  await ske(scopes.listsWrite, 'DELETE', `${list}/members`, { data: [orgUrn(numbers[0] ?? '')] });
  expect((await ske(scopes.listsRead, 'GET', `${pathname}${search}`)).status).toBe(412);
});

test('the owner of a scope looks up who delegated it; a supplier cannot', async () => {
  const { ske, own, control } = await openOwner();
  const path = '/altinn3/accessmanagement/api/v1/maskinporten/delegations/';
  const look = (query: string) => ske(scopes.lookup, 'GET', `${path}?${query}`);
  const wanted = `supplierOrg=${operator}&scope=skatteetaten%3Ainntekt`;
  expect((await look(wanted)).body).toMatchObject([
    {
      consumer_org: bank,
      supplier_org: operator,
      delegation_scheme_Id: null,
      scopes: expect.arrayContaining(['skatteetaten:inntekt']),
      resourceid: 'sandbox-skatteetaten-data',
    },
  ]);
  await control('DELETE', `delegations/${bank}/${operator}/skatteetaten%3Ainntekt`);
  expect((await look(wanted)).body).toEqual([]);
  expect((await look('')).body).toMatchObject({
    status: 400,
    title: expect.stringContaining('Missing query parameters'),
  });
  expect((await look(`${wanted}&consumerOrg=910514319`)).body).toMatchObject({
    errors: { consumerOrg: expect.any(Array) },
  });
  expect((await look(`consumerOrg=${bank}`)).body).toMatchObject({
    title: 'Not authorized for lookup of delegations without specifying parameter: scope',
  });
  expect((await own(scopes.lookup, 'GET', `${path}?${wanted}`)).body).toMatchObject({
    title: 'Not authorized for lookup of delegations for the scope: skatteetaten:inntekt',
  });
});

test('a supplier sees in its own list who delegated what, and gives it up', async () => {
  const { own, ske, control, ask } = await openOwner();
  const { body: world } = await control('POST', 'organizations', { orgno: operator, name: 'Leverandør' });
  const party = world.partyUuid as unknown as string;
  const path = '/altinn3/accessmanagement/api/v1/enduser/maskinportenconsumers';
  const read = (rest: string) => own(scopes.consumers, 'GET', `${path}${rest}`);
  expect((await read(`?party=${party}`)).body).toMatchObject([
    { party: { organizationIdentifier: bank }, roles: [{}] },
  ]);
  expect((await read(`/resources?party=${party}&scope=${encodeURIComponent(writeScope)}`)).body).toMatchObject([
    {
      resource: { refId: 'sandbox-samtykkeforesporsler', type: { name: 'MaskinportenSchema' } },
      permissions: [{ from: { organizationIdentifier: bank }, to: { organizationIdentifier: operator } }],
    },
  ]);
  expect((await read('/resources')).status).toBe(400);
  expect((await read(`/resources?party=${party}&consumer=889640782`)).body).toMatchObject({ code: 'AM-00023' });
  expect((await read(`/resources?party=${party}&resource=none`)).body).toMatchObject({ code: 'AM-00027' });
  expect((await ske(scopes.consumers, 'GET', `${path}?party=${party}`)).status).toBe(403);

  const giveUp = (rest: string) => own(scopes.consumersWrite, 'DELETE', `${path}${rest}`);
  expect((await ask({ consumer_org: bank, scope: readScope })).status).toBe(200);
  const resource = 'sandbox-samtykkeforesporsler';
  expect((await giveUp(`/resources?party=${party}&consumer=${bank}&resource=${resource}`)).status).toBe(204);
  expect((await ask({ consumer_org: bank, scope: readScope })).body).toMatchObject({
    error_uri: expect.stringContaining('MP-251'),
  });
  expect((await giveUp(`?party=${party}&consumer=${bank}`)).status).toBe(400);
  expect((await giveUp(`?party=${party}&consumer=${bank}&cascade=true`)).status).toBe(204);
  expect((await read(`/resources?party=${party}`)).body).toEqual([]);
});
