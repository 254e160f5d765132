import { expect } from 'vitest';
import { callJson } from '../../src/cli/call-json.ts';
import { furnishBank, services } from '../../src/cli/furnish.ts';
import { hubTest, operatorKey, operatorOrgno, type World } from '../support/hub-test.ts';
import { rowsOf } from '../usecases/rows.ts';

/** What clients of ours for consent administration and for the operator's own matters hold, one way or another. */
const own = {
  configured: 'altinn:consentrequests.write',
  administration: 'altinn:consentrequests.read',
  admin: 'altinn:maskinporten/delegations.admin',
  'admin-too': 'skatteetaten:kravogbetalinger',
};
const keys = Object.keys(own);
const clients = '/operator/v1/maskinporten-clients';

/** Each own scope is a data scope by the catalogue's word, and the bank and the operator itself have those services. */
const misled = async (world: World) => {
  const { call, url, sandbox, banks, receiver } = world;
  const register = (name: string, purpose: string, scopes: string[]) =>
    call('operator', 'POST', clients, { name, clientId: `client-${name}`, purpose, scopes, key: { generate: true } });
  expect((await register('admin', 'admin', [own.admin, own['admin-too']])).status).toBe(201);
  // One more client of ours holds all of them for data, as if somebody had clicked too much.
  expect((await register('too-much', 'data', Object.values(own))).status).toBe(201);
  const { items } = (await call('operator', 'GET', clients)).body as { items: { id: string; purpose: string }[] };
  const consents = items.find(({ purpose }) => purpose === 'consents');
  const held = { scopes: [own.configured, own.administration] };
  expect((await call('operator', 'PATCH', `${clients}/${consents?.id}`, held)).status).toBe(200);
  for (const [key, dataScope] of Object.entries(own))
    expect(
      (
        await call('operator', 'POST', '/operator/v1/services', {
          ...services[0],
          key,
          dataScope,
          checkDataAccess: false,
        })
      ).status,
    ).toBe(201);
  const place = { url, sandboxUrl: sandbox.url, operatorKey };
  const redirectUrls = [`${receiver.url}/done`];
  const offered = [...services.map(({ key }) => key), ...keys];
  await call('operator', 'PATCH', `/operator/v1/tenants/${banks.bank.id}`, { services: offered });
  const operator = await furnishBank(place, { orgno: operatorOrgno, name: 'Selv', redirectUrls, services: offered });
  return { bank: banks.bank, operator };
};

hubTest('scopes of our own clients are handed to nobody, the operator as its own tenant included', async (world) => {
  const { url, sandbox } = world;
  const tenants = await misled(world);
  const ask = (key: string, scope: string) => callJson('POST', `${url}/v1/tokens`, key, { scope });
  const refused = { status: 403, body: { type: '/problems/scope-not-offered' } };
  await sandbox.forget();
  for (const { key } of Object.values(tenants)) {
    for (const scope of Object.values(own)) expect(await ask(key, scope), scope).toMatchObject(refused);
    // Nor by way of another spelling of one, or several at once.
    for (const scope of [`skatteetaten:inntekt ${own.admin}`, own.configured.toUpperCase(), ` ${own.configured}`])
      expect((await ask(key, scope)).status, scope).toBeGreaterThanOrEqual(400);
  }
  expect(await sandbox.calls('token')).toEqual([]);
  expect(await rowsOf(world, 'select 1 from tokens')).toEqual([]);
  for (const { key } of Object.values(tenants)) expect((await ask(key, 'skatteetaten:inntekt')).status).toBe(200);
});

hubTest('nor does a consent’s token carry one', async (world) => {
  const { call } = world;
  await misled(world);
  const metadata = { fraogmed: '2025-01', tilogmed: '2025-12' };
  for (const service of keys) {
    const { id, approvalUrl } = await world.ask('bank', { rights: [{ service, metadata }] });
    await world.answer(approvalUrl, 'accept');
    await world.becomes('bank', id, 'accepted');
    const told = await call('bank', 'POST', `/v1/consents/${id}/token`);
    expect(told, service).toMatchObject({ status: 403, body: { type: '/problems/scope-not-offered' } });
    // What the hub itself asks with is renewed meanwhile; no grant ever named the consent.
    const grants = (await world.sandbox.calls('token')).map(({ body }) => JSON.stringify(body));
    expect(grants.filter((grant) => grant.includes(id))).toEqual([]);
  }
});
