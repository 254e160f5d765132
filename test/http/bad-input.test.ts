import { expect } from 'vitest';
import { allRoutes } from '../../src/http/all-routes.ts';
import { fakeUses } from './fake-uses.ts';
import { ask, endpoint, id, person } from './given.ts';
import { httpTest } from './http-test.ts';

const without = (field: keyof typeof ask) => Object.fromEntries(Object.entries(ask).filter(([name]) => name !== field));
const right = ask.rights[0];

/** What is sent, the problem it gets, and the field it names. */
const consents: [string, unknown, string, string, string?][] = [
  [
    'wrong check digits of a person',
    { ...ask, from: { person: '25922947408' } },
    'person-number-invalid',
    '/from/person',
  ],
  [
    'a person that is a number',
    { ...ask, from: { person: 25922947409 } },
    'request-invalid',
    '/from/person',
    'type-wrong',
  ],
  [
    'wrong check digit of an organisation',
    { ...ask, from: { organization: '910514319' } },
    'organization-number-invalid',
    '/from/organization',
  ],
  ['nobody', { ...ask, from: {} }, 'request-invalid', '/from', 'value-wrong'],
  ['both', { ...ask, from: { person, organization: '910514318' } }, 'request-invalid', '/from', 'value-wrong'],
  ['no from', without('from'), 'request-invalid', '/from', 'missing'],
  ['no rights', { ...ask, rights: [] }, 'request-invalid', '/rights', 'too-small'],
  ['rights that are no list', { ...ask, rights: {} }, 'request-invalid', '/rights', 'type-wrong'],
  [
    'metadata that is no text',
    { ...ask, rights: [{ ...right, metadata: { fraogmed: 2024 } }] },
    'request-invalid',
    '/rights/0/metadata/fraogmed',
    'type-wrong',
  ],
  [
    'a person’s number in metadata',
    { ...ask, rights: [{ ...right, metadata: { x: `no ${person}` } }] },
    'national-id-not-allowed',
    '/rights/0/metadata/x',
  ],
  ['an unknown field', { ...ask, redirectUri: 'x' }, 'field-unknown', '/redirectUri'],
  ['an unknown field inside', { ...ask, rights: [{ ...right, 'a/b~c': 1 }] }, 'field-unknown', '/rights/0/a~1b~0c'],
  ['a day for an instant', { ...ask, validTo: '2026-12-24' }, 'request-invalid', '/validTo', 'format-wrong'],
  ['a script for an address', { ...ask, redirectUrl: 'javascript:alert(1)' }, 'redirect-url-invalid', '/redirectUrl'],
  [
    'a number in the address',
    { ...ask, redirectUrl: `https://bank.example/done?for=${person}` },
    'national-id-not-allowed',
    '/redirectUrl',
  ],
  [
    'an encoded number in the address',
    { ...ask, redirectUrl: 'https://bank.example/%32%35922947409' },
    'national-id-not-allowed',
    '/redirectUrl',
  ],
  ['a number as reference', { ...ask, reference: `loan ${person}` }, 'national-id-not-allowed', '/reference'],
  [
    'a number in two parts as reference',
    { ...ask, reference: '259229 47409' },
    'national-id-not-allowed',
    '/reference',
  ],
  [
    'a number in two parts in the address',
    { ...ask, redirectUrl: 'https://bank.example/done?for=259229+47409' },
    'national-id-not-allowed',
    '/redirectUrl',
  ],
  [
    'an address too long to be read',
    { ...ask, redirectUrl: `https://${'eyJ.'.repeat(12_000)}` },
    'request-invalid',
    '/redirectUrl',
    'too-big',
  ],
  [
    'a number in a name',
    { ...ask, from: { person, name: 'Kari 259229-47409' } },
    'national-id-not-allowed',
    '/from/name',
  ],
  ['an empty reference', { ...ask, reference: ' ' }, 'request-invalid', '/reference', 'too-small'],
  ['a long reference', { ...ask, reference: 'x'.repeat(256) }, 'request-invalid', '/reference', 'too-big'],
  [
    'a person’s number in the message',
    { ...ask, message: { nb: `Hei ${person}` } },
    'national-id-not-allowed',
    '/message/nb',
  ],
  [
    'a number written with a no-break space in the message',
    { ...ask, message: { en: 'Hello, 259229\u00a047409' } },
    'national-id-not-allowed',
    '/message/en',
  ],
  [
    'a number as the name of metadata',
    { ...ask, rights: [{ ...right, metadata: { [person]: 'x' } }] },
    'national-id-not-allowed',
    '/rights/0/metadata/259229*****',
  ],
  ['a null character', { ...ask, message: { nb: 'Hei\0' } }, 'text-invalid', '/message/nb'],
  [
    'half of a surrogate pair',
    { ...ask, rights: [right, { ...right, metadata: { x: 'a\ud83d' } }] },
    'text-invalid',
    '/rights/1/metadata/x',
  ],
  [
    'a null character in a name',
    { ...ask, rights: [{ ...right, metadata: { 'x\0': '1' } }] },
    'text-invalid',
    '/rights/0/metadata',
  ],
  ['a language we do not know', { ...ask, message: { de: 'Hallo' } }, 'field-unknown', '/message/de'],
  [
    'a wrong delegator',
    { ...ask, requiredDelegator: { person: '11111111111' } },
    'person-number-invalid',
    '/requiredDelegator/person',
  ],
  ['no object', [], 'request-invalid', '', 'type-wrong'],
];

httpTest.for(consents)(
  'a consent with %s is refused and the field named',
  async ([, body, code, field, kind], { open }) => {
    const hub = await open({ requestConsent: () => Promise.reject(new Error('must not get here')) });
    const told = await hub.call('POST', '/v1/consents', { key: 'tenant', body });
    expect(told.body).toMatchObject({ type: `/problems/${code}`, errors: [{ field, code: kind ?? code }] });
    expect(told.status).toBe(422);
    expect(told.headers.get('content-type')).toBe('application/problem+json');
    expect(told.text).not.toContain(person);
    expect(hub.lines.join('')).not.toContain(person);
  },
);

httpTest('several kinds of fault come together, a national number above all', async ({ open }) => {
  const hub = await open();
  const two = await hub.call('POST', '/v1/consents', {
    key: 'tenant',
    body: { ...ask, from: { person: '1' }, surplus: 1 },
  });
  expect(two.body).toMatchObject({
    type: '/problems/request-invalid',
    errors: [{ field: '/from/person' }, { field: '/surplus' }],
  });
  const three = await hub.call('POST', '/v1/consents', {
    key: 'tenant',
    body: { ...ask, from: { person: '1' }, reference: person },
  });
  expect(three.body).toMatchObject({ type: '/problems/national-id-not-allowed' });
});

const operators: [string, string, unknown, string, string][] = [
  ['POST', '/operator/v1/tenants', { orgno: '123', name: 'x' }, 'organization-number-invalid', '/orgno'],
  [
    'POST',
    '/operator/v1/tenants',
    { orgno: '910514318', name: 'x', redirectUrls: ['data:x'] },
    'redirect-url-invalid',
    '/redirectUrls/0',
  ],
  ['PATCH', `/operator/v1/tenants/${id}`, { orgno: '910514318' }, 'field-unknown', '/orgno'],
  ['POST', `/operator/v1/tenants/${id}/api-keys`, { name: 'x', scopes: ['all'] }, 'request-invalid', '/scopes/0'],
  [
    'POST',
    '/operator/v1/services',
    { key: 'x', generation: 'altinn3', dataScope: 'a:b' },
    'request-invalid',
    '/resource',
  ],
  [
    'POST',
    '/operator/v1/services',
    { key: 'X', generation: 'altinn3', dataScope: 'a:b', resource: 'r' },
    'request-invalid',
    '/key',
  ],
  [
    'POST',
    '/operator/v1/services',
    { key: 'x', generation: 'altinn3', dataScope: 'a:b', resource: 'r', dataUrl: 'https://me:secret@data.example' },
    'request-invalid',
    '/dataUrl',
  ],
  ['PATCH', '/operator/v1/services/x', { dataUrl: 'ftp://data.example' }, 'request-invalid', '/dataUrl'],
  ['POST', `/operator/v1/maskinporten-clients/${id}/keys`, { generate: true, pem: 'x' }, 'request-invalid', ''],
  ['POST', `/operator/v1/maskinporten-clients/${id}/keys`, {}, 'request-invalid', ''],
  ['POST', `/operator/v1/maskinporten-clients/${id}/keys`, { file: 'x', pkcs11: 'x' }, 'request-invalid', ''],
  ['POST', `/operator/v1/maskinporten-clients/${id}/keys`, { jwk: {}, kid: 'x' }, 'request-invalid', '/kid'],
  ['POST', `/operator/v1/maskinporten-clients/${id}/keys`, { pkcs12: 'x', kid: 'x' }, 'request-invalid', '/kid'],
  [
    'POST',
    `/operator/v1/maskinporten-clients/${id}/keys`,
    { file: 'x', passphrase: 'x' },
    'request-invalid',
    '/passphrase',
  ],
  [
    'POST',
    `/operator/v1/maskinporten-clients/${id}/keys`,
    { pkcs12: 'x', certificateChain: ['x'] },
    'request-invalid',
    '/certificateChain',
  ],
  ['POST', `/operator/v1/maskinporten-clients/${id}/keys`, { file: '../x' }, 'request-invalid', '/file'],
  ['POST', `/operator/v1/maskinporten-clients/${id}/keys`, { file: '.x' }, 'request-invalid', '/file'],
  ['POST', `/operator/v1/maskinporten-clients/${id}/keys`, { file: 'x', kid: 'a b' }, 'request-invalid', '/kid'],
  ['GET', '/operator/v1/tenants?limit=500', undefined, 'request-invalid', 'limit'],
  ['GET', '/operator/v1/tenants?limit=1&limit=2', undefined, 'request-invalid', 'limit'],
  ['GET', '/operator/v1/tenants?cursor=1', undefined, 'cursor-invalid', 'cursor'],
  ['GET', '/operator/v1/readiness?ready=maybe', undefined, 'request-invalid', 'ready'],
  ['GET', '/operator/v1/readiness?mover=us', undefined, 'request-invalid', 'mover'],
  ['GET', '/operator/v1/readiness?service=Income', undefined, 'request-invalid', 'service'],
  ['GET', '/operator/v1/readiness?cursor=zz', undefined, 'cursor-invalid', 'cursor'],
  ['GET', '/operator/v1/audit?who=x', undefined, 'field-unknown', 'who'],
];

httpTest.for(operators)(
  '%s %s with something wrong names the field',
  async ([method, path, body, code, field], { open }) => {
    const hub = await open();
    const told = await hub.call(method, path, { key: 'administrator', body });
    expect(told.body).toMatchObject({ type: `/problems/${code}`, status: 422, errors: [{ field }] });
  },
);

httpTest.for([
  ['no URI', 'api.example.no'],
  ['words', 'Client authentication failed'],
  ['blanks', 'https://api.example/JWT has expired'],
  ['a fragment', 'https://api.example/#part'],
  ['no host', 'https://'],
  ['quotes', 'https://api.example/"x"'],
])('an audience that is or has %s gets as far as no token', async ([, resource], { open }) => {
  const hub = await open({ readToken: () => Promise.reject(new Error('must not get here')) });
  const told = await hub.call('POST', '/v1/tokens', { key: 'tenant', body: { scope: 'a:b', resource } });
  expect(told).toMatchObject({
    status: 422,
    body: { type: '/problems/request-invalid', errors: [{ field: '/resource' }] },
  });
});

const number = '259229 47409';
const service = { key: 'x', generation: 'altinn3', dataScope: 'a:b', resource: 'r' };
const client = { name: 'x', clientId: 'x', purpose: 'data', scopes: ['a:b'], key: { generate: true } };
/** Every other text that somebody hands in and that is kept, or told on, in clear. */
const inClear: [string, string, unknown, string][] = [
  ['POST', '/v1/tokens', { scope: 'a:b', resource: `https://api.example/${person}` }, '/resource'],
  ['POST', '/v1/tokens', { scope: `a:${person}` }, '/scope'],
  ['POST', '/v1/api-keys', { name: number, scopes: ['consents:read'] }, '/name'],
  ['POST', '/v1/webhook-endpoints', { url: `https://bank.example/${number}` }, '/url'],
  ['POST', '/v1/webhook-endpoints', { url: 'https://bank.example/２５９２２９４７４０９'.normalize('NFKC') }, '/url'],
  ['POST', '/v1/webhook-endpoints', { url: 'https://２５９２２９４７４０９.example/' }, '/url'],
  ['POST', '/v1/webhook-endpoints', { url: 'https://bank.example/', description: number }, '/description'],
  ['PATCH', `/v1/webhook-endpoints/${id}`, { description: number }, '/description'],
  ['POST', '/operator/v1/tenants', { orgno: '910514318', name: number }, '/name'],
  ['PATCH', `/operator/v1/tenants/${id}`, { redirectUrls: [`https://x.example/${person}`] }, '/redirectUrls/0'],
  ['POST', `/operator/v1/tenants/${id}/api-keys`, { name: number, scopes: ['consents:read'] }, '/name'],
  ['POST', '/operator/v1/operator-keys', { name: number, role: 'reader' }, '/name'],
  ['POST', '/operator/v1/services', { ...service, resource: number }, '/resource'],
  ['POST', '/operator/v1/services', { ...service, metadata: [number] }, '/metadata/0'],
  ['POST', '/operator/v1/services', { ...service, dataPaths: [`GET /${number}`] }, '/dataPaths/0'],
  ['POST', '/operator/v1/services', { ...service, dataUrl: `https://x.example/${person}` }, '/dataUrl'],
  ['POST', '/operator/v1/maskinporten-clients', { ...client, name: number }, '/name'],
  ['POST', `/operator/v1/maskinporten-clients/${id}/keys`, { jwk: { kid: number } }, '/jwk/kid'],
  ['POST', `/operator/v1/maskinporten-clients/${id}/keys`, { pkcs11: number }, '/pkcs11'],
  ['POST', `/operator/v1/maskinporten-clients/${id}/keys`, { file: person }, '/file'],
];

httpTest.for(inClear)('%s %s takes no person’s number in %j', async ([method, path, body, field], { open }) => {
  const hub = await open();
  const told = await hub.call(method, path, { key: path.startsWith('/v1') ? 'tenant' : 'administrator', body });
  expect(told.body).toMatchObject({
    type: '/problems/national-id-not-allowed',
    errors: [{ field, code: 'national-id-not-allowed' }],
  });
  expect(hub.lines.join('')).not.toMatch(/25922947409|259229 47409/);
});

httpTest('an account number and an amount are no persons', async ({ open }) => {
  const hub = await open();
  const body = { url: 'https://bank.example/hook', description: 'account 1234 56 78901, 123456 78901 kroner' };
  expect(await hub.call('POST', '/v1/webhook-endpoints', { key: 'tenant', body })).toMatchObject({ status: 201 });
});

httpTest('a webhook address is kept as it is called', async ({ open }) => {
  const asked: string[] = [];
  const hub = await open({
    createWebhookEndpoint: async (_, { url }) => {
      asked.push(url);
      return { ...endpoint, secret: 'whsec_abc' };
    },
  });
  const body = { url: ' HTTPS://Bank.Example:443/a/../hook\n' };
  expect(await hub.call('POST', '/v1/webhook-endpoints', { key: 'tenant', body })).toMatchObject({ status: 201 });
  expect(asked).toEqual(['https://bank.example/hook']);
});

httpTest('a body nested deeper than anybody reads is refused like any other', async ({ open }) => {
  const hub = await open();
  const raw = `{"x":${'['.repeat(20_000)}"\\u0000"${']'.repeat(20_000)}}`;
  const told = await hub.call('POST', '/v1/consents', { key: 'tenant', raw });
  expect(told).toMatchObject({ status: 422, body: { type: '/problems/text-invalid' } });
  expect(told.text.length).toBeLessThan(2000);
});

httpTest('a wrong value is never repeated: it may be a secret', async ({ open }) => {
  const hub = await open();
  const body = {
    pem: 5,
    jwk: 'very-secret',
    certificateChain: ['x'],
    passphrase: ['very-secret'],
    'surplus-secret': 'very-secret',
  };
  const told = await hub.call('POST', `/operator/v1/maskinporten-clients/${id}/keys`, { key: 'administrator', body });
  expect(told.status).toBe(422);
  expect(told.text).not.toContain('very-secret');
});

httpTest.for([
  ['GET', `/v1/consents/${person}`],
  ['GET', '/v1/consents/%32%35922947409'],
  ['GET', `/v1/consents?reference=${person}`],
  ['GET', `/v1/me?x=${person}`],
  ['GET', `/healthz?x=${person}`],
])('a national number in %s %s is refused before anything is logged', async ([method, path], { open }) => {
  const hub = await open();
  const told = await hub.call(method ?? '', path ?? '', { key: 'tenant' });
  expect(told.body).toMatchObject({ type: '/problems/national-id-not-allowed' });
  expect(hub.lines.join('')).not.toMatch(/25922947409|%32%35/);
});

httpTest('a uuid that ends in eleven digits is no national number', async ({ open }) => {
  const hub = await open();
  expect(await hub.call('GET', `/v1/consents/${id}`, { key: 'tenant' })).toMatchObject({ status: 200, body: { id } });
  const key = { key: 'tenant', body: { ...ask, reference: id }, headers: { 'idempotency-key': id } };
  expect(await hub.call('POST', '/v1/consents', key)).toMatchObject({ status: 202 });
});

httpTest('a cursor goes out and comes back without ever looking like a number', async ({ open }) => {
  const asked: unknown[] = [];
  const hub = await open({
    listConsents: async (_by, _filter, page) => {
      asked.push(page);
      return { items: [], next: id };
    },
  });
  const { body } = await hub.call('GET', '/v1/consents?limit=7', { key: 'tenant' });
  expect(body.next).toMatch(/^[a-p]+$/);
  await hub.call('GET', `/v1/consents?cursor=${body.next}`, { key: 'tenant' });
  expect(asked).toEqual([{ limit: 7 }, { limit: 50, cursor: id }]);
});

/** As `next` is written: two letters a byte. */
const letters = (text: string) =>
  [...Buffer.from(text).toString('hex')].map((digit) => String.fromCharCode(97 + Number.parseInt(digit, 16))).join('');

/** Their cursors are sealed, and read by the verb: test/journeys/events-by-cursor.test.ts makes some up. */
const sealed = ['listEvents', 'followEvents', 'listDeliveries'];

httpTest.for(
  allRoutes(fakeUses())
    .filter(({ name, problems }) => problems.includes('cursor-invalid') && !sealed.includes(name))
    .map((route) => [`${route.method.toUpperCase()} ${route.path}`, route] as const),
)('%s refuses a cursor that somebody made up', async ([, route], { open }) => {
  const hub = await open();
  const path = route.path.replace(':id', id);
  for (const made of ['', '\0', 'no such place!', `${id}'--`, 'x'.repeat(400)]) {
    const ask = { key: route.audience === 'tenant' ? 'tenant' : 'administrator', body: route.body && { person } };
    const told = await hub.call(route.method, `${path}?cursor=${letters(made)}`, ask);
    expect(told.body, made).toMatchObject({ type: '/problems/cursor-invalid', errors: [{ field: 'cursor' }] });
  }
});

httpTest('lists that are read whole come in pages too', async ({ open }) => {
  const { service } = await import('./given.ts');
  const hub = await open({ listOfferedServices: async () => ['a', 'b', 'c'].map((key) => ({ ...service, key })) });
  const first = await hub.call('GET', '/v1/services?limit=2', { key: 'tenant' });
  expect(first.body).toMatchObject({ items: [{ key: 'a' }, { key: 'b' }] });
  const rest = await hub.call('GET', `/v1/services?limit=2&cursor=${first.body.next}`, { key: 'tenant' });
  expect(rest.body).toMatchObject({ items: [{ key: 'c' }], next: null });
});
