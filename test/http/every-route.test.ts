import { expect } from 'vitest';
import { allRoutes } from '../../src/http/all-routes.ts';
import { operatorRoles, tenantScopes } from '../../src/usecases/use-cases.ts';
import { fakeUses } from './fake-uses.ts';
import { ask, id, organization, person } from './given.ts';
import { httpTest } from './http-test.ts';

const routes = allRoutes(fakeUses());
const guarded = routes.filter(({ audience }) => audience !== 'everybody');
const pathOf = (path: string) =>
  path
    .replace(/:key\b/, 'ske-inntekt')
    .replace(/:language\b/, 'nn')
    .replace(/:\w+/g, id);

/** A body that passes, for each route that takes one. */
const bodies: Record<string, unknown> = {
  requestConsent: ask,
  searchConsents: { person },
  readToken: { scope: 'skatteetaten:inntekt' },
  createWebhookEndpoint: { url: 'https://bank.example/hook', events: ['consent.accepted'] },
  changeWebhookEndpoint: { status: 'disabled' },
  allowPrivateTarget: { host: 'hooks.bank.internal', port: 8443 },
  rotateWebhookSecret: undefined,
  replayEvents: { since: '2026-11-24T08:00:00Z', types: ['consent.accepted'], dryRun: true },
  createApiKey: { name: 'loans', scopes: ['consents:read'], expiresAt: '2027-01-01T00:00:00+01:00' },
  changeApiKey: { allowedAddresses: null },
  changeTenantApiKey: { name: 'loans' },
  createTenant: { orgno: organization, name: 'Fjordbanken ASA' },
  changeTenant: { expiringDays: null },
  offboardTenant: { confirm: organization, eraseAfterDays: 30 },
  importTenants: { rows: [{ orgno: organization, name: 'Fjordbanken ASA', services: [] }], dryRun: false },
  createTenantApiKey: { name: 'loans', scopes: ['consents:read'] },
  inviteTenant: { language: 'nn', expiresAt: '2026-12-24T12:00:00Z' },
  resendInvitation: undefined,
  setInvitationText: { heading: 'Velkommen', intro: 'Hei.\n\nVi hjelper dere i gang.' },
  registerClient: { name: 'consents', clientId: 'b3f7', purpose: 'consents', scopes: ['a:b'], key: { generate: true } },
  changeClient: { scopes: ['a:b'] },
  renewClientKey: { registeredAt: '2026-11-24T08:00:00Z' },
  addClientKey: { pem: '-----BEGIN PRIVATE KEY-----' },
  defineService: { key: 'lan', generation: 'altinn2', serviceCode: '4629', serviceEditionCode: 2, dataScope: 'a:b' },
  changeService: { messageAllowed: true },
  createOperatorKey: { name: 'night shift', role: 'reader' },
};

const forRoutes = httpTest.for(guarded.map((route) => [`${route.method.toUpperCase()} ${route.path}`, route] as const));

forRoutes('%s is closed to strangers', async ([, route], { open }) => {
  const hub = await open();
  for (const key of [undefined, 'nobody-knows-me', route.audience === 'tenant' ? 'administrator' : 'tenant']) {
    const told = await hub.call(route.method, pathOf(route.path), {
      ...(key ? { key } : {}),
      body: route.method === 'get' ? undefined : {},
    });
    expect(told).toMatchObject({ status: 401, body: { type: '/problems/unauthorized' } });
    expect(told.headers.get('www-authenticate')).toBe('Bearer');
  }
});

forRoutes('%s opens to whoever holds its scope or role, and to nobody else', async ([, route], { open }) => {
  const hub = await open();
  const needed = operatorRoles.indexOf(route.role ?? 'administrator');
  const keys =
    route.audience === 'operator'
      ? operatorRoles.map((role, rank) => [role, rank >= needed] as const)
      : tenantScopes.map((scope) => [`tenant-${scope}`, route.scope === 'any' || scope === route.scope] as const);
  for (const [key, may] of keys) {
    const told = await hub.call(route.method, pathOf(route.path), { key, body: route.body && bodies[route.name] });
    if (may) expect(told.status, `${key}: ${told.text}`).toBeLessThan(300);
    else expect(told.body).toMatchObject({ status: 403, type: expect.stringMatching(/\/(scope|role)-missing$/) });
  }
  if (route.audience === 'tenant')
    expect(await hub.call(route.method, pathOf(route.path), { key: 'suspended' })).toMatchObject({
      status: 403,
      body: { type: '/problems/tenant-suspended' },
    });
});

forRoutes('%s refuses a national number in its address', async ([, route], { open }) => {
  const hub = await open();
  const told = await hub.call(route.method, `${pathOf(route.path)}?x=${person}`, { key: 'tenant' });
  expect(told.body).toMatchObject({ type: '/problems/national-id-not-allowed' });
});

httpTest('no two routes share a name, or a method and a path', () => {
  expect(new Set(routes.map(({ name }) => name)).size).toBe(routes.length);
  expect(new Set(routes.map(({ method, path }) => `${method} ${path}`)).size).toBe(routes.length);
});
