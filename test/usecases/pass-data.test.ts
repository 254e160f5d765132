import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Consent } from '../../src/domain/consent.ts';
import type { Service } from '../../src/domain/service.ts';
import { silentLog } from '../../src/lib/log.ts';
import { sealingRing } from '../../src/lib/seal.ts';
import { sealParties } from '../../src/usecases/consents/parties.ts';
import { passData } from '../../src/usecases/data/pass-data.ts';
import type { DataAsk, DataCall, DataReply, DataTaker } from '../../src/usecases/data-port.ts';
import type { Parts } from '../../src/usecases/memory.ts';
import type { ByTenant, HandedToken } from '../../src/usecases/use-cases.ts';
import { consent, now, person, service, tenant } from '../http/given.ts';

const expiresAt = new Date(now.getTime() + 60_000);
const one: HandedToken = { kind: 'maskinporten', token: 'a.b.c', header: 'Authorization', expiresAt };
const other: HandedToken = { kind: 'consent', token: 'd.e.f', header: 'AltinnSamtykke', expiresAt };
const by = { caller: { kind: 'tenant', tenantId: consent.tenantId, tenant, keyId: 'key' }, requestId: 'r' } as ByTenant;

type Given = {
  noted?: Promise<void>;
  status?: number;
  tokens?: HandedToken[];
  change?: Partial<Consent>;
  services?: Partial<Service>;
  isErased?: boolean;
};

/** One consent, one service, and a data source that answers as it is told. */
const given = ({
  noted = Promise.resolve(),
  status = 200,
  tokens = [one],
  change = {},
  services = {},
  isErased = false,
}: Given = {}) => {
  const sealing = sealingRing([{ id: 'test', key: randomBytes(32) }]);
  const partySealed = sealParties(sealing, consent.tenantId, consent.id, { from: { person } });
  const accepted = {
    consent: { ...consent, status: 'accepted' as const, ...change },
    ...(isErased ? {} : { partySealed }),
  };
  const known: Service = { ...service, dataUrl: 'https://data.example/api', dataPaths: ['GET /a/{from}'], ...services };
  const told = {
    calls: [] as DataCall[],
    begun: [] as unknown[],
    counted: [] as unknown[],
    billed: [] as string[],
    outcomes: [] as string[],
    uses: [] as unknown[],
    usesAtBeginning: [] as number[],
  };
  const parts = {
    clock: { now: () => now },
    sealing,
    memories: {
      services: async () => new Map([[known.key, known]]),
      house: () => undefined,
      grants: {
        consent: async () => accepted,
        tokens: async () => ({ tokens, isFresh: false }),
        held: () => undefined,
        forget: () => {},
      },
    },
    log: silentLog,
    store: {
      asTenant: (_tenantId: string, work: (rows: object) => unknown) =>
        work({ consents: { used: (...used: unknown[]) => told.uses.push(used) && noted } }),
    },
    settings: { production: true, dataCalls: { inAll: 2, ofTenant: 1 } },
    usageCounter: { dataCall: (tenantId: string) => told.billed.push(tenantId) },
    tokenCounter: { count: (...counted: unknown[]) => told.counted.push(counted) },
    dataMetrics: { passed: (outcome: string) => told.outcomes.push(outcome) },
    dataSources: {
      call: async (call: DataCall, taker: DataTaker) => {
        told.calls.push(call);
        await taker.beforehand?.(status);
        if (status === 200) told.usesAtBeginning.push(told.uses.length);
        taker.begin(status, { 'content-type': 'text/xml', 'content-length': '3', 'set-cookie': ['a=b'], etag: '"1"' });
        return { ended: 'whole', status, sentBytes: 0, readBytes: 3 };
      },
    },
  } as unknown as Parts;
  const pass = passData(parts, () => Promise.reject(new Error('they are at hand')));
  const reply = { begin: (...begun: unknown[]) => told.begun.push(begun) } as unknown as DataReply;
  const ask = (more: Partial<DataAsk> = {}) =>
    pass(by, consent.id, { method: 'GET', path: 'a/{from}', query: '', headers: {}, ...more }, reply);
  return { told, ask };
};

test('one token or two: each goes in the header it names, whatever the caller sent there', async () => {
  const lists = { dataRequestHeaders: ['accept', 'altinnsamtykke'] };
  const { told, ask } = given({ tokens: [one, other], services: lists, change: { generation: 'altinn2' } });
  await ask({ headers: { accept: 'text/xml', altinnsamtykke: 'mine', authorization: 'mine', cookie: 'mine' } });
  const { told: single, ask: askOne } = given();
  await askOne({ query: 'x=1' });
  expect([told.calls[0], single.calls[0]]).toMatchObject([
    {
      origin: 'https://data.example',
      path: `/api/a/${person}`,
      headers: {
        'user-agent': 'samtykkehub',
        accept: 'text/xml',
        authorization: 'Bearer a.b.c',
        altinnsamtykke: 'd.e.f',
      },
    },
    { path: `/api/a/${person}?x=1`, headers: { 'user-agent': 'samtykkehub', authorization: 'Bearer a.b.c' } },
  ]);
  expect(Object.keys(single.calls[0]?.headers ?? {})).toHaveLength(2);
  expect(told.begun).toEqual([
    [200, ['hub-service', 'ske-inntekt', 'content-type', 'text/xml', 'content-length', '3']],
  ]);
  // The token of a call that needed none anew counts as used all the same.
  expect(told.counted).toEqual([[consent.tenantId, 'key', service.dataScope]]);
  expect(told.outcomes).toEqual(['ok']);
  // Altinn 2 alone wants to hear of it.
  expect([told.uses, single.uses]).toEqual([[[consent.id, 'ske-inntekt', now]], []]);
  // And is owed it before anything goes on.
  expect([told.usesAtBeginning, single.usesAtBeginning]).toEqual([[1], [0]]);
});

test('a database that takes too long over a use is told as such, and nothing goes on', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const never = Promise.withResolvers<void>();
  const { told, ask } = given({ noted: never.promise, change: { generation: 'altinn2' } });
  const asked = expect(ask()).rejects.toMatchObject({ code: 'database-unavailable' });
  await vi.advanceTimersByTimeAsync(5000);
  await asked;
  expect(told).toMatchObject({ begun: [], outcomes: ['database-unavailable'] });
  expect(told.uses).toHaveLength(1);
});

test('what answers no data is no use', async () => {
  const { told, ask } = given({ status: 404, tokens: [one, other], change: { generation: 'altinn2' } });
  expect(await ask()).toMatchObject({ status: 404 });
  expect(told.uses).toEqual([]);
});

test.each<[string, Given, Partial<DataAsk>]>([
  ['data-path-invalid', {}, { path: 'a/../{from}' }],
  ['data-path-invalid', {}, { query: 'x=å' }],
  ['consent-not-accepted', { change: { status: 'withdrawn' } }, {}],
  ['consent-not-accepted', { change: { validTo: now } }, {}],
  ['data-path-not-allowed', {}, { method: 'POST' }],
  ['service-has-no-data', { services: { dataUrl: 'http://data.example' } }, {}],
  ['request-invalid', {}, { service: 'another' }],
  ['consent-not-usable', { isErased: true }, {}],
])('%s: nothing leaves the hub', async (code, how, more) => {
  const { told, ask } = given(how);
  await expect(ask(more)).rejects.toMatchObject({ code });
  expect(told).toMatchObject({ calls: [], begun: [], outcomes: [code] });
});
