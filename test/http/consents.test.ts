import { expect } from 'vitest';
import type { ConsentAsk } from '../../src/usecases/use-cases.ts';
import { ask, consent, id, organization, person } from './given.ts';
import { httpTest } from './http-test.ts';

const submit = (headers: Record<string, string> = {}) => ({ key: 'tenant', body: ask, headers });

httpTest('a consent is noted at once, and told as the contract shows it', async ({ open }) => {
  const asked: ConsentAsk[] = [];
  const hub = await open({
    requestConsent: async (_, wish) => {
      asked.push(wish);
      return { consent, created: true };
    },
  });
  const told = await hub.call('POST', '/v1/consents', submit());
  expect(told.status).toBe(202);
  expect(told.headers.get('preference-applied')).toBe(null);
  expect(told.headers.get('location')).toBe(`/v1/consents/${id}`);
  expect(told.body).toEqual({
    id,
    status: 'queued',
    version: 1,
    from: { person: '259229*****' },
    rights: ask.rights,
    validTo: '2026-12-24T12:00:00.000Z',
    redirectUrl: ask.redirectUrl,
    message: null,
    reference: 'loan-4711',
    approvalUrl: null,
    createdAt: '2026-11-24T08:30:00.000Z',
    updatedAt: '2026-11-24T08:30:00.000Z',
    upstream: null,
    problem: null,
  });
  expect(asked).toEqual([{ ...ask, validTo: new Date(ask.validTo) }]);
});

httpTest('everything that may be asked reaches the hub as it was asked', async ({ open }) => {
  const asked: ConsentAsk[] = [];
  const hub = await open({
    requestConsent: async (_, wish) => {
      asked.push(wish);
      return { consent, created: true };
    },
  });
  const full = {
    ...ask,
    from: { organization, name: 'Fjordbanken' },
    rights: [{ service: 'ske-inntekt' }],
    validTo: '2026-12-24T13:00:00+01:00',
    message: { nb: 'Hei', en: 'Hello, account 12345678901' },
    requiredDelegator: { person, name: 'Kari' },
  };
  expect(await hub.call('POST', '/v1/consents', { key: 'tenant', body: full })).toMatchObject({ status: 202 });
  expect(asked).toEqual([
    { ...full, rights: [{ service: 'ske-inntekt', metadata: {} }], validTo: new Date('2026-12-24T12:00:00Z') },
  ]);
});

httpTest.for([
  ['wait=10', 10_000, 'wait=10'],
  ['wait=60', 20_000, 'wait=20'],
  ['respond-async, Wait = "3"; x=y', 3000, 'wait=3'],
  ['wait=2, wait=9', 2000, 'wait=2'],
  ['foo="a, wait=9", wait=1', 1000, 'wait=1'],
  ['wait=0', 0, 'wait=0'],
] as const)('Prefer: %s is honoured, 20 seconds at most', async ([prefer, ms, applied], { open }) => {
  const waits: number[] = [];
  const hub = await open({
    settledConsent: async (_, queued, waitMs) => {
      waits.push(waitMs);
      return queued;
    },
  });
  const told = await hub.call('POST', '/v1/consents', submit({ prefer }));
  expect(told.status).toBe(202);
  expect(told.headers.get('preference-applied')).toBe(applied);
  expect(waits).toEqual([ms]);
});

httpTest.for(['wait', 'wait=soon', 'wait=-1', 'return=minimal'])(
  'Prefer: %s is no wish to wait',
  async (prefer, { open }) => {
    const hub = await open({ settledConsent: () => Promise.reject(new Error('must not wait')) });
    const told = await hub.call('POST', '/v1/consents', submit({ prefer }));
    expect(told.status).toBe(202);
    expect(told.headers.get('preference-applied')).toBe(null);
  },
);

httpTest('who waited is told 201 and where to send the person once Altinn has it', async ({ open }) => {
  const hub = await open();
  const told = await hub.call('POST', '/v1/consents', submit({ prefer: 'wait=10' }));
  expect(told).toMatchObject({ status: 201, body: { status: 'pending', approvalUrl: 'https://am.ui.example/c' } });
  expect(told.headers.get('location')).toBe(`/v1/consents/${id}`);
});

httpTest('who waited for a consent that is blocked is told 202 and whose move it is', async ({ open }) => {
  const problem = {
    code: 'access-not-delegated',
    detail: 'Delegate it',
    mover: 'tenant',
    link: 'https://altinn.example',
  } as const;
  const hub = await open({ settledConsent: async (_, queued) => ({ ...queued, status: 'blocked', problem }) });
  const told = await hub.call('POST', '/v1/consents', submit({ prefer: 'wait=10' }));
  expect(told).toMatchObject({
    status: 202,
    body: {
      status: 'blocked',
      problem: { type: '/problems/access-not-delegated', mover: 'tenant', link: 'https://altinn.example' },
    },
  });
});

httpTest('who waited for a consent that failed is told its problem, with the consent’s id', async ({ open }) => {
  const problem = { code: 'person-unknown', detail: 'Not in the register', mover: 'nobody' } as const;
  const hub = await open({ settledConsent: async (_, queued) => ({ ...queued, status: 'failed', problem }) });
  const told = await hub.call('POST', '/v1/consents', submit({ prefer: 'wait=10' }));
  expect(told).toMatchObject({
    status: 422,
    body: { type: '/problems/person-unknown', consentId: id, mover: 'nobody' },
  });
  expect(told.headers.get('content-type')).toBe('application/problem+json');
  expect(told.headers.get('location')).toBe(`/v1/consents/${id}`);
  expect(told.headers.get('preference-applied')).toBe('wait=10');
});

httpTest.for([
  ['loan-4711', 'loan-4711'],
  ['"loan-4711"', 'loan-4711'],
  ['"a \\" b"', undefined],
  ['"a\\"b"', 'a"b'],
  ['a b', undefined],
  ['""', undefined],
  ['"open', undefined],
  ['x'.repeat(255), 'x'.repeat(255)],
  ['x'.repeat(256), undefined],
] as const)('Idempotency-Key: %s', async ([header, key], { open }) => {
  const keys: unknown[] = [];
  const hub = await open({
    requestConsent: async (_by, _ask, given) => {
      keys.push(given);
      return { consent, created: true };
    },
  });
  const told = await hub.call('POST', '/v1/consents', submit({ 'idempotency-key': header }));
  if (key !== undefined) expect(keys).toEqual([key]);
  else
    expect(told).toMatchObject({
      status: 400,
      body: { type: '/problems/idempotency-key-invalid', errors: [{ field: 'Idempotency-Key' }] },
    });
});

httpTest('a national number as idempotency key is refused', async ({ open }) => {
  const hub = await open();
  const told = await hub.call('POST', '/v1/consents', submit({ 'idempotency-key': `loan-${person}` }));
  expect(told).toMatchObject({
    status: 422,
    body: { type: '/problems/national-id-not-allowed', errors: [{ field: 'Idempotency-Key' }] },
  });
  expect(told.text).not.toContain(person);
});

httpTest('consents are filtered by what the query says', async ({ open }) => {
  const filters: unknown[] = [];
  const hub = await open({
    listConsents: async (_, filter) => {
      filters.push(filter);
      return { items: [] };
    },
  });
  const query = 'status=pending&service=ske-inntekt&reference=loan-4711&createdAfter=2026-01-01T00:00:00Z';
  expect(await hub.call('GET', `/v1/consents?${query}`, { key: 'tenant' })).toMatchObject({
    body: { items: [], next: null },
  });
  const createdAfter = new Date('2026-01-01T00:00:00Z');
  expect(filters).toEqual([{ status: 'pending', service: 'ske-inntekt', reference: 'loan-4711', createdAfter }]);
  expect(await hub.call('GET', '/v1/consents?status=lost', { key: 'tenant' })).toMatchObject({
    body: { errors: [{ field: 'status' }] },
  });
});

httpTest('a search names a person or an organisation in its body', async ({ open }) => {
  const parties: unknown[] = [];
  const hub = await open({
    searchConsents: async (_, party) => {
      parties.push(party);
      return { items: [consent] };
    },
  });
  const told = await hub.call('POST', '/v1/consents/search', { key: 'tenant', body: { person } });
  await hub.call('POST', '/v1/consents/search', { key: 'tenant', body: { organization } });
  expect(parties).toEqual([{ person }, { organization }]);
  expect(told.text).not.toContain(person);
});

httpTest('tokens are told with the header they go in', async ({ open }) => {
  const hub = await open();
  const told = await hub.call('POST', `/v1/consents/${id}/token`, { key: 'tenant' });
  expect(told.body).toEqual({
    tokens: [{ kind: 'maskinporten', token: 'jwt', header: 'Authorization', expiresAt: '2026-11-24T08:30:00.000Z' }],
  });
});

httpTest('a private key’s parts never leave, whatever the hub hands over', async ({ open }) => {
  const hub = await open();
  for (const path of [`/operator/v1/maskinporten-clients/${id}`, `/operator/v1/maskinporten-clients/${id}/jwks.json`]) {
    const told = await hub.call('GET', path, { key: 'reader' });
    expect(told.text).toContain('"n":"abc"');
    expect(told.text).not.toContain('private');
  }
});
