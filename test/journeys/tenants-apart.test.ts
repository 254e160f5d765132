import { expect } from 'vitest';
import { allRoutes } from '../../src/http/all-routes.ts';
import { tenantScopes, type UseCases } from '../../src/usecases/use-cases.ts';
import { persons } from '../support/given.ts';
import { hubTest, type World } from '../support/hub-test.ts';

const routes = allRoutes({} as UseCases);
const tenantRoutes = routes.filter(({ audience }) => audience === 'tenant');
const operatorRoutes = routes.filter(({ audience }) => audience === 'operator');
type One = (typeof routes)[number];

const anId = '0193627c-9c3e-7d1a-b0a4-6f8f2a1c5e77';
const addressOf = ({ path }: One) => path.replace(/:key\b/, 'ske-inntekt').replace(/:\w+/g, anId);
/** What a call wants before it looks whose it is. */
const wants: Record<string, object> = { replayEvents: { since: '2026-11-01T00:00:00Z', dryRun: true } };
const bodyOf = ({ method, name }: One) => (method === 'get' || method === 'delete' ? undefined : (wants[name] ?? {}));
/** It does not end by itself; what it tells, and whom, has tests of its own (`events-streamed`). */
const isStream = ({ name }: One): boolean => name === 'followEvents';
const as = ({ method, path }: One) => `${method.toUpperCase()} ${path}`;

/** With some key, whatever the call may say to the rest. */
const callWith = async ({ url }: World, key: string, one: One, address = addressOf(one)) => {
  const response = await fetch(`${url}${address}`, {
    method: one.method.toUpperCase(),
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(bodyOf(one) === undefined ? {} : { body: JSON.stringify(bodyOf(one)) }),
  });
  const isProblem = response.headers.get('content-type')?.includes('json');
  const body = isProblem ? ((await response.json().catch(() => ({}))) as Record<string, unknown>) : {};
  await response.body?.cancel().catch(() => undefined);
  return [as(one), response.status, body['type']];
};

/** Something of each kind that is the bank's. */
const furnished = async (world: World) => {
  const { call, banks, webhook, receiver } = world;
  const { id: consent, approvalUrl } = await world.ask('bank', { reference: 'the-banks-loan' });
  await world.answer(approvalUrl, 'accept');
  const { event } = await receiver.got('consent.accepted', consent);
  await world.settled();
  const { body: deliveries } = await call('bank', 'GET', `/v1/webhook-endpoints/${webhook.id}/deliveries`);
  const [delivery] = deliveries['items'] as { id: string }[];
  const { body: key } = await call('bank', 'POST', '/v1/api-keys', { name: 'spare', scopes: ['consents:read'] });
  return {
    consents: consent,
    'webhook-endpoints': webhook.id,
    deliveries: delivery?.id ?? '',
    'api-keys': String(key['id']),
    told: [event.id, banks.bank.id, banks.bank.orgno, banks.bank.name, 'the-banks-loan'],
    spare: String(key['key']),
  };
};

hubTest('what is one tenant’s is not there for another, on any route', async (world) => {
  const { call, banks } = world;
  const bank = await furnished(world);
  const ids: Record<string, unknown> = bank;
  const before = await call('bank', 'GET', `/v1/consents/${bank.consents}`);
  const named = tenantRoutes.filter(({ path }) => path.includes(':'));
  expect(named.length).toBeGreaterThan(8);
  for (const one of named) {
    const id = ids[one.path.split('/')[2] ?? ''];
    if (typeof id !== 'string') throw new Error(`this test knows nothing of the bank’s for ${one.path}`);
    const address = one.path.replace(/:\w+/, id).replace('*path', 'inntekt/{from}');
    const [, status, type] = await callWith(world, banks.insurer.key, one, address);
    expect([as(one), status, type]).toEqual([as(one), 404, expect.stringMatching(/-not-found$/)]);
    if (one.method === 'get') expect((await call('bank', 'GET', address)).status).toBe(200);
  }
  // Nothing that was tried has done anything.
  expect((await call('bank', 'GET', `/v1/consents/${bank.consents}`)).body).toEqual(before.body);
  expect(await call('bank', 'GET', `/v1/webhook-endpoints/${world.webhook.id}`)).toMatchObject({ status: 200 });
  const spare = tenantRoutes.find(({ name }) => name === 'readMe') as One;
  expect((await callWith(world, bank.spare, spare))[1]).toBe(200);
});

hubTest('no list shows a tenant what is another’s', async (world) => {
  const { call } = world;
  const { spare, told, ...ids } = await furnished(world);
  const theirs = [...Object.values(ids), ...told, spare];
  const lists = tenantRoutes.filter((one) => one.method === 'get' && !one.path.includes(':') && !isStream(one));
  expect(lists.length).toBeGreaterThan(5);
  for (const { path } of lists) {
    const answer = await call('insurer', 'GET', path);
    expect(answer.status).toBe(200);
    for (const text of theirs) expect(JSON.stringify(answer.body)).not.toContain(text);
  }
  const search = await call('insurer', 'POST', '/v1/consents/search', { person: persons.one });
  expect(search.body).toEqual({ items: [], next: null });
  // A cursor of the bank's leads the insurer to nothing of the bank's.
  const { body } = await call('bank', 'GET', '/v1/consents?limit=1');
  await world.ask('bank');
  const page = await call('insurer', 'GET', `/v1/consents?cursor=${String(body['next'] ?? ids.consents)}`);
  expect(page.body['items'] ?? []).toEqual([]);
});

/** Who fails thirty times in a minute is not even looked at. */
const inParts = <T>(all: readonly T[], size = 25): [string, T[]][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, place) => [
    `part ${place + 1}`,
    all.slice(place * size, (place + 1) * size),
  ]);

for (const [part, some] of inParts(operatorRoutes))
  hubTest(`a tenant’s key opens no operator route, ${part}`, async (world) => {
    for (const one of some)
      expect(await callWith(world, world.banks.bank.key, one)).toEqual([as(one), 401, '/problems/unauthorized']);
  });

for (const [part, some] of inParts(tenantRoutes))
  hubTest(`the operator’s key opens no tenant route, ${part}`, async (world) => {
    const { body } = await world.call('operator', 'POST', '/operator/v1/operator-keys', {
      name: 'night shift',
      role: 'administrator',
    });
    for (const one of some)
      expect(await callWith(world, String(body['key']), one)).toEqual([as(one), 401, '/problems/unauthorized']);
  });

hubTest('a key lacks each right that it was not given, and no more', async (world) => {
  const keyWith = async (scopes: string[]) =>
    String((await world.call('bank', 'POST', '/v1/api-keys', { name: 'some', scopes })).body['key']);
  for (const scope of tenantScopes) {
    const key = await keyWith(tenantScopes.filter((one) => one !== scope));
    for (const one of tenantRoutes.filter((route) => route.scope === scope))
      expect(await callWith(world, key, one)).toEqual([as(one), 403, '/problems/scope-missing']);
    for (const one of tenantRoutes.filter((route) => route.scope !== scope && route.method === 'get'))
      expect((await callWith(world, key, one))[1]).not.toBe(403);
  }
  // Nobody hands on more than one has.
  const url = `${world.url}/v1/api-keys`;
  const some = await keyWith(['keys:write']);
  const headers = { authorization: `Bearer ${some}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ name: 'more', scopes: ['consents:read'] });
  expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(403);
});
