import { expect } from 'vitest';
import { callJson } from '../../src/cli/call-json.ts';
import { allRoutes } from '../../src/http/all-routes.ts';
import type { UseCases } from '../../src/usecases/use-cases.ts';
import { given } from '../support/given.ts';
import { hubTest } from '../support/hub-test.ts';
import { until } from '../support/until.ts';

const tenantRoutes = allRoutes({} as UseCases).filter(({ audience }) => audience === 'tenant');
const anId = '0193627c-9c3e-7d1a-b0a4-6f8f2a1c5e77';

hubTest('a suspended tenant is told so everywhere, its work rests, and goes on when it is resumed', async (world) => {
  const { call, banks, sandbox, receiver } = world;
  const { id: accepted, approvalUrl } = await world.ask('bank');
  await world.answer(approvalUrl, 'accept');
  await receiver.got('consent.accepted', accepted);
  await sandbox.fault('create', { kind: 'status', status: 503 }, 100);
  const { body } = await call('bank', 'POST', '/v1/consents', given.ask(`${receiver.url}/done`));
  await until('Altinn to be down', async () => (await sandbox.calls('create')).length >= 2);
  const base = `/operator/v1/tenants/${banks.bank.id}`;
  expect(await call('operator', 'POST', `${base}/suspend`)).toMatchObject({ body: { status: 'suspended' } });
  await world.settled();
  const tried = (await sandbox.calls('create')).length;
  for (const { method, path } of tenantRoutes) {
    const asked = method === 'get' || method === 'delete' ? undefined : {};
    const told = await call('bank', method.toUpperCase(), path.replace(/:\w+/, anId), asked);
    expect([method, path, told.status, told.body['type']]).toEqual([method, path, 403, '/problems/tenant-suspended']);
  }
  expect((await call('insurer', 'GET', '/v1/me')).status).toBe(200);
  await sandbox.advance(10 * 60 * 1000);
  await world.settled();
  expect(await sandbox.calls('create')).toHaveLength(tried);

  await sandbox.clear();
  expect(await call('operator', 'POST', `${base}/resume`)).toMatchObject({ body: { status: 'active' } });
  await world.becomes('bank', String(body['id']), 'pending');
  expect((await call('bank', 'POST', `/v1/consents/${accepted}/token`)).status).toBe(200);
});

hubTest('a revoked key opens nothing from then on', async ({ call, url }) => {
  const { body } = await call('bank', 'POST', '/v1/api-keys', { name: 'short', scopes: ['consents:read'] });
  const key = String(body['key']);
  const look = () => callJson('GET', `${url}/v1/consents`, key);
  expect((await look()).status).toBe(200);
  expect((await call('bank', 'DELETE', `/v1/api-keys/${body['id']}`)).status).toBe(204);
  const told = await look();
  expect(told).toMatchObject({ status: 401, body: { type: '/problems/unauthorized' } });
  expect(told.headers.get('www-authenticate')).toBe('Bearer');
  const { body: list } = await call('bank', 'GET', '/v1/api-keys');
  const kept = (list['items'] as Record<string, unknown>[]).find(({ id }) => id === body['id']);
  expect(kept).toMatchObject({ name: 'short', prefix: key.slice(0, 12), revokedAt: expect.any(String) });
  expect(JSON.stringify(list)).not.toContain(key);
});

hubTest('a key ends when it was said to end', async ({ call, url, sandbox }) => {
  const expiresAt = new Date(Date.now() + 60 * 60 * 1000).toISOString();
  const { body } = await call('bank', 'POST', '/v1/api-keys', { name: 'short', scopes: ['consents:read'], expiresAt });
  expect(body['expiresAt']).toBe(expiresAt);
  const look = () => callJson('GET', `${url}/v1/consents`, String(body['key']));
  expect((await look()).status).toBe(200);
  await sandbox.advance(61 * 60 * 1000);
  expect((await look()).status).toBe(401);
});

hubTest('the operator revokes a tenant’s key, and a tenant its own', async ({ call, banks, url }) => {
  const base = `/operator/v1/tenants/${banks.bank.id}/api-keys`;
  const { items } = (await call('operator', 'GET', base)).body as { items: { id: string; name: string }[] };
  expect(items).toMatchObject([{ name: 'app' }]);
  expect((await call('operator', 'DELETE', `${base}/${items[0]?.id}`)).status).toBe(204);
  expect((await call('bank', 'GET', '/v1/me')).status).toBe(401);
  const { body } = await call('operator', 'POST', base, { name: 'new', scopes: ['keys:write'] });
  const own = await callJson('GET', `${url}/v1/me`, String(body['key']));
  expect(own.body).toMatchObject({ tenant: { id: banks.bank.id }, key: { name: 'new' }, scopes: ['keys:write'] });
  expect((await callJson('DELETE', `${url}/v1/api-keys/${body['id']}`, String(body['key']))).status).toBe(204);
  expect((await callJson('GET', `${url}/v1/me`, String(body['key']))).status).toBe(401);
});
