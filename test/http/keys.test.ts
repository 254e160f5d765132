import { expect } from 'vitest';
import { bootstrapKey, type StoredHub, storedTest } from './stored-hub.ts';

const hour = 60 * 60 * 1000;
const at = ({ clock }: StoredHub, hours: number) => new Date(clock.now().getTime() + hours * hour).toISOString();
const items = async ({ call }: StoredHub, key: string, path: string) =>
  (await call(key, 'GET', `${path}?limit=200`)).body['items'] as Record<string, unknown>[];
const operatorKeys = '/operator/v1/operator-keys';

storedTest('a key makes none that outlives it', async ({ openStored }) => {
  const hub = await openStored();
  const { id, key } = await hub.tenant();
  const keys = `/operator/v1/tenants/${id}/api-keys`;
  const wish = { name: 'night', scopes: ['keys:write'] };
  const expiresAt = at(hub, 2);
  const short = await hub.call(bootstrapKey, 'POST', keys, { ...wish, expiresAt });
  expect(short).toMatchObject({ status: 201, body: { expiresAt, createdBy: 'bootstrap' } });
  const shortKey = String(short.body['key']);

  const late = await hub.call(shortKey, 'POST', '/v1/api-keys', { ...wish, expiresAt: at(hub, 3) });
  expect(late).toMatchObject({
    status: 422,
    body: { type: '/problems/expires-at-too-late', errors: [{ field: '/expiresAt', code: 'expires-at-too-late' }] },
  });
  const heir = await hub.call(shortKey, 'POST', '/v1/api-keys', wish);
  expect(heir).toMatchObject({ status: 201, body: { expiresAt, createdBy: short.body['id'] } });
  const before = at(hub, 1);
  expect(await hub.call(shortKey, 'POST', '/v1/api-keys', { ...wish, expiresAt: before })).toMatchObject({
    status: 201,
    body: { expiresAt: before },
  });
  expect(await hub.call(key, 'POST', '/v1/api-keys', wish)).toMatchObject({ status: 201, body: { expiresAt: null } });
  const makers = (await items(hub, key, '/v1/api-keys')).map(({ createdBy }) => createdBy);
  expect(makers.slice(0, 4)).toEqual(['bootstrap', 'bootstrap', short.body['id'], short.body['id']]);
});

storedTest('no key is made that has ended already, by nobody', async ({ openStored }) => {
  const hub = await openStored();
  const { id, key } = await hub.tenant();
  const wish = { name: 'late', scopes: ['keys:write'], expiresAt: at(hub, -1) };
  const refused = {
    status: 422,
    body: { type: '/problems/expires-at-past', errors: [{ field: '/expiresAt', code: 'expires-at-past' }] },
  };
  expect(await hub.call(key, 'POST', '/v1/api-keys', wish)).toMatchObject(refused);
  expect(await hub.call(bootstrapKey, 'POST', `/operator/v1/tenants/${id}/api-keys`, wish)).toMatchObject(refused);
  const administrator = await hub.operator('administrator');
  const ask = { name: 'late', role: 'reader', expiresAt: at(hub, -1) };
  expect(await hub.call(administrator.key, 'POST', operatorKeys, ask)).toMatchObject(refused);
});

storedTest('a tenant has 100 live keys at most, also when they are made at once', async ({ openStored }) => {
  const hub = await openStored();
  const { key } = await hub.tenant();
  const make = (more: object = {}) =>
    hub.call(key, 'POST', '/v1/api-keys', { name: 'n', scopes: ['consents:read'], ...more });
  expect((await make({ expiresAt: at(hub, 1) })).status).toBe(201);
  for (let made = 2; made < 95; made += 1) expect((await make()).status).toBe(201);
  const last = await Promise.all(Array.from({ length: 10 }, () => make()));
  expect(last.map(({ status }) => status).sort()).toEqual([...Array(5).fill(201), ...Array(5).fill(409)]);
  const refused = { status: 409, body: { type: '/problems/too-many-api-keys' } };
  expect(await make()).toMatchObject(refused);

  const [, , third] = await items(hub, key, '/v1/api-keys');
  expect((await hub.call(key, 'DELETE', `/v1/api-keys/${third?.['id']}`)).status).toBe(204);
  expect((await make()).status).toBe(201);
  expect(await make()).toMatchObject(refused);
  hub.clock.move(2 * hour);
  expect((await make()).status).toBe(201);
});

storedTest(
  'revoking a key once more changes nothing, and makes no process forget what it knows',
  async ({ openStored }) => {
    const hub = await openStored();
    const { key } = await hub.tenant();
    const { body } = await hub.call(key, 'POST', '/v1/api-keys', { name: 'n', scopes: ['consents:read'] });
    const revoke = () => hub.call(key, 'DELETE', `/v1/api-keys/${body['id']}`);
    expect((await revoke()).status).toBe(204);
    await hub.call(key, 'GET', '/v1/me');
    await expect
      .poll(async () => {
        // What was told of the first comes back to this process too, in its own time.
        const before = hub.looks.count;
        await revoke();
        await hub.call(key, 'GET', '/v1/me');
        return hub.looks.count - before;
      })
      .toBe(0);
  },
);

storedTest(
  'strange keys cost one look each, those of no shape of ours none, and known ones go on',
  async ({ openStored }) => {
    const hub = await openStored();
    const { key } = await hub.tenant();
    expect((await hub.call(key, 'GET', '/v1/me')).status).toBe(200);
    const before = hub.looks.count;
    for (const made of ['hub_t_short', `hub_o_${'x'.repeat(43)}`, `hub_t_${'x'.repeat(44)}`, 'x'.repeat(49)])
      expect((await hub.call(made, 'GET', '/v1/me')).status).toBe(401);
    expect(hub.looks.count).toBe(before);
    const stranger = `hub_t_${'x'.repeat(43)}`;
    expect((await hub.call(stranger, 'GET', '/v1/me')).status).toBe(401);
    // The others at once, since a stranger is remembered for 5 s.
    const again = await Promise.all(Array.from({ length: 4 }, () => hub.call(stranger, 'GET', '/v1/me')));
    for (const { status } of again) expect(status).toBe(401);
    expect(hub.looks.count).toBe(before + 1);
    const flood = await Promise.all(
      Array.from({ length: 400 }, (_, place) => hub.call(`hub_t_${String(place).padStart(43, 'y')}`, 'GET', '/v1/me')),
    );
    for (const { status } of flood) expect([401, 503]).toContain(status);
    expect((await hub.call(key, 'GET', '/v1/me')).status).toBe(200);
  },
);

storedTest('the first operator key is an administrator’s, without an end', async ({ openStored }) => {
  const hub = await openStored();
  const refused = (...fields: string[]) => ({
    status: 422,
    body: {
      type: '/problems/first-operator-key',
      errors: fields.map((field) => ({ field, code: 'first-operator-key' })),
    },
  });
  const make = (key: string, body: object) => hub.call(key, 'POST', operatorKeys, { name: 'x', ...body });
  expect(await make(bootstrapKey, { role: 'support' })).toMatchObject(refused('/role'));
  const expiresAt = at(hub, 1);
  expect(await make(bootstrapKey, { role: 'administrator', expiresAt })).toMatchObject(refused('/expiresAt'));
  expect(await make(bootstrapKey, { role: 'reader', expiresAt })).toMatchObject(refused('/role', '/expiresAt'));
  const first = await make(bootstrapKey, { role: 'administrator' });
  expect(first).toMatchObject({ status: 201, body: { createdBy: 'bootstrap' } });
  expect((await make(bootstrapKey, { role: 'administrator' })).status).toBe(401);
  const second = await make(String(first.body['key']), { role: 'reader', expiresAt });
  expect(second).toMatchObject({ status: 201, body: { createdBy: first.body['id'], expiresAt } });
});

storedTest('the last live administrator stays', async ({ openStored }) => {
  const hub = await openStored();
  const first = await hub.operator('administrator');
  const brief = await hub.operator('administrator', first.key, { expiresAt: at(hub, 1) });
  await hub.operator('support', first.key);
  hub.clock.move(2 * hour);
  expect((await hub.call(brief.key, 'GET', operatorKeys)).status).toBe(401);
  expect(await hub.call(first.key, 'DELETE', `${operatorKeys}/${first.id}`)).toMatchObject({
    status: 409,
    body: { type: '/problems/last-administrator' },
  });
  const other = await hub.operator('administrator', first.key);
  expect((await hub.call(other.key, 'DELETE', `${operatorKeys}/${first.id}`)).status).toBe(204);
  expect((await hub.call(first.key, 'GET', operatorKeys)).status).toBe(401);
});

storedTest('of two administrators who revoke each other at once, one is left', async ({ openStored }) => {
  const hub = await openStored();
  let keeper = await hub.operator('administrator');
  for (let round = 0; round < 5; round += 1) {
    const a = keeper;
    const b = await hub.operator('administrator', a.key);
    // Both are known to the process, so that neither is stopped at the door.
    await Promise.all([a, b].map(({ key }) => hub.call(key, 'GET', operatorKeys)));
    const told = await Promise.all([
      hub.call(a.key, 'DELETE', `${operatorKeys}/${b.id}`),
      hub.call(b.key, 'DELETE', `${operatorKeys}/${a.id}`),
    ]);
    expect(told.filter(({ status }) => status === 204)).toHaveLength(1);
    keeper = told[0]?.status === 204 ? a : b;
    const left = await items(hub, keeper.key, operatorKeys);
    expect(left.filter(({ revokedAt }) => revokedAt === null).map(({ id }) => id)).toEqual([keeper.id]);
  }
});

storedTest(
  'support helps tenants, but neither makes their keys nor sends their browsers elsewhere',
  async ({ openStored }) => {
    const hub = await openStored();
    const { id } = await hub.tenant();
    const administrator = await hub.operator('administrator');
    const support = await hub.operator('support', administrator.key);
    const tenant = `/operator/v1/tenants/${id}`;
    const refused = { status: 403, body: { type: '/problems/role-missing' } };
    expect(
      await hub.call(support.key, 'POST', `${tenant}/api-keys`, { name: 'x', scopes: ['consents:read'] }),
    ).toMatchObject(refused);
    const elsewhere = { redirectUrls: ['https://elsewhere.example/done'] };
    expect(await hub.call(support.key, 'PATCH', tenant, { name: 'Ny', ...elsewhere })).toMatchObject(refused);
    const { body } = await hub.call(support.key, 'GET', tenant);
    expect(body).toMatchObject({ name: 'Fjordbanken ASA', redirectUrls: ['https://bank.example/done'] });
    const same = { name: 'Ny', redirectUrls: body['redirectUrls'] };
    expect(await hub.call(support.key, 'PATCH', tenant, same)).toMatchObject({ status: 200, body: { name: 'Ny' } });
    expect(await hub.call(support.key, 'PATCH', tenant, { redirectUrls: [] })).toMatchObject(refused);
    expect(await hub.call(administrator.key, 'PATCH', tenant, elsewhere)).toMatchObject({
      status: 200,
      body: elsewhere,
    });
  },
);

storedTest('in production a data source is called by https and by name', async ({ openStored }) => {
  const hub = await openStored(true);
  const service = { key: 'x', generation: 'altinn3', resource: 'r', dataScope: 'a:b' };
  const define = (key: string, dataUrl: string) =>
    hub.call(bootstrapKey, 'POST', '/operator/v1/services', { ...service, key, dataUrl });
  for (const dataUrl of ['http://data.example', 'https://10.0.0.1/x', 'https://localhost'])
    expect(await define('x', dataUrl)).toMatchObject({ status: 422, body: { errors: [{ field: '/dataUrl' }] } });
  expect((await define('x', 'https://data.example/v1')).status).toBe(201);
  const changed = await hub.call(bootstrapKey, 'PATCH', '/operator/v1/services/x', { dataUrl: 'http://data.example' });
  expect(changed).toMatchObject({ status: 422, body: { errors: [{ field: '/dataUrl' }] } });
});
