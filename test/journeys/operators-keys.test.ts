import { expect } from 'vitest';
import { callJson } from '../../src/cli/call-json.ts';
import { allRoutes } from '../../src/http/all-routes.ts';
import { operatorRoles, type UseCases } from '../../src/usecases/use-cases.ts';
import { hubTest, operatorKey, type World } from '../support/hub-test.ts';

const base = '/operator/v1/operator-keys';
const anId = '0193627c-9c3e-7d1a-b0a4-6f8f2a1c5e77';
const routes = allRoutes({} as UseCases).filter(({ audience }) => audience === 'operator');

/** A key of each role; the first is the administrator's, and from then on the bootstrap key is of no use. */
const staff = async ({ url }: World) => {
  const make = async (by: string, role: string) => {
    const { status, body } = await callJson('POST', `${url}${base}`, by, { name: `the ${role}`, role });
    return { status, id: String(body['id']), key: String(body['key']) };
  };
  const administrator = await make(operatorKey, 'administrator');
  const support = await make(administrator.key, 'support');
  return { administrator, support, reader: await make(administrator.key, 'reader') };
};

hubTest('the key of the settings opens the door for the first stored one, and shuts behind it', async (world) => {
  const { url, call } = world;
  // Whoever came first must be able to let others in.
  expect(await call('operator', 'POST', base, { name: 'x', role: 'reader' })).toMatchObject({
    status: 422,
    body: { type: '/problems/first-operator-key' },
  });
  expect((await call('operator', 'GET', '/operator/v1/tenants')).status).toBe(200);
  const { administrator } = await staff(world);
  expect(administrator.status).toBe(201);
  expect(await call('operator', 'GET', '/operator/v1/tenants')).toMatchObject({ status: 401 });
  expect((await callJson('GET', `${url}/operator/v1/tenants`, administrator.key)).status).toBe(200);
});

hubTest('each role may do its own part and what lesser ones may', async (world) => {
  const { url } = world;
  const keys = await staff(world);
  for (const { method, path, role = 'administrator' } of routes) {
    const address = `${url}${path.replace(/:key\b/, 'no-such').replace(/:\w+/g, anId)}`;
    const body = method === 'get' || method === 'delete' ? undefined : {};
    for (const holder of operatorRoles) {
      const { status, body: said } = await callJson(method.toUpperCase(), address, keys[holder].key, body);
      const may = operatorRoles.indexOf(holder) >= operatorRoles.indexOf(role);
      const told = [method, path, holder, status === 403, said['type'] === '/problems/role-missing'];
      expect(told).toEqual([method, path, holder, !may, !may]);
    }
  }
});

hubTest('an operator key is revoked, expires, and the last administrator stays', async (world) => {
  const { url, sandbox } = world;
  const { administrator, support } = await staff(world);
  const as = (key: string, method: string, path: string, body?: unknown) =>
    callJson(method, `${url}${path}`, key, body);
  expect((await as(administrator.key, 'DELETE', `${base}/${support.id}`)).status).toBe(204);
  expect((await as(support.key, 'GET', '/operator/v1/tenants')).status).toBe(401);
  expect(await as(administrator.key, 'DELETE', `${base}/${administrator.id}`)).toMatchObject({
    status: 409,
    body: { type: '/problems/last-administrator' },
  });
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  const short = await as(administrator.key, 'POST', base, { name: 'short', role: 'reader', expiresAt });
  const look = () => as(String(short.body['key']), 'GET', '/operator/v1/queues');
  expect((await look()).status).toBe(200);
  await sandbox.advance(3_700_000);
  expect((await look()).status).toBe(401);
  const list = await as(administrator.key, 'GET', base);
  expect(JSON.stringify(list.body)).not.toContain(administrator.key);
  expect((list.body['items'] as unknown[]).length).toBe(4);
});
