import { afterAll, beforeAll, expect, test } from 'vitest';
import { unusable } from '../../src/clients/maskinporten/unusable.ts';
import { randomIds } from '../../src/lib/ids.ts';
import { silentLog } from '../../src/lib/log.ts';
import { nobodysTenant } from '../../src/usecases/jobs.ts';
import type { Parts } from '../../src/usecases/memory.ts';
import { generateKey } from '../../src/usecases/operator/generate-key.ts';
import { newKeys } from '../../src/usecases/operator/new-key.ts';
import type { ByOperator } from '../../src/usecases/use-cases.ts';
import { type GivenStore, givenStore, now } from '../store/given-store.ts';

let store: GivenStore;
beforeAll(async () => {
  store = await givenStore();
});
afterAll(() => store.close());

const caller = { kind: 'operator', keyId: 'x', keyName: 'x', role: 'administrator' } as const;
const by: ByOperator = { caller, requestId: randomIds.uuid() };

/** As much of a hub as makes keys, with keys that lie where `look` says. */
const hub = (look: () => Promise<never> = () => Promise.reject(new Error('nothing lies anywhere'))): Parts =>
  ({
    clock: { now: () => now },
    ids: randomIds,
    store,
    notices: store.notices,
    log: silentLog,
    keySources: { look, open: () => undefined },
    settings: { operatorOrgno: '310149942' },
  }) as unknown as Parts;

const givenClient = async (): Promise<string> => {
  const id = randomIds.uuid();
  const named = { id, name: id, clientId: id, purpose: 'data', scopes: [], keys: [] } as const;
  await store.asOperator((rows) =>
    rows.clients.add({ ...named, scopes: [], keys: [], createdAt: now, updatedAt: now }),
  );
  return id;
};

const read = async (clientId: string) => {
  const client = (await store.asOperator((rows) => rows.clients.list())).find(({ id }) => id === clientId);
  if (!client) throw new Error('the client is gone');
  return client;
};

const active = (kid: string) =>
  ({ id: randomIds.uuid(), kid, state: 'active', publicJwk: {}, privateSealed: 'x', createdAt: now }) as const;

const isProbeOwed = (clientId: string) =>
  store.asOperator((rows) => rows.outbox.isDue('probe-client', nobodysTenant, clientId, now));

test('a key that was retired while a worker looked at it gets no fault, and stays what it is', async () => {
  const clientId = await givenClient();
  const parts = hub(async () => {
    await store.asOperator((rows) => rows.clients.saveKey({ id: key.id, state: 'retired', retiredAt: now }));
    throw unusable('file', 'There is no such file.');
  });
  const { prepare, add, refuseFaulty } = newKeys(parts);
  const key = await prepare(clientId, { source: { file: 'bank.pem' }, kid: 'late' });
  await store.asOperator((rows) => add(rows, by, clientId, key));
  await generateKey(parts)(
    { tenantId: nobodysTenant, subjectId: key.id, outboxId: key.id, handOut: 1, failures: 0 },
    AbortSignal.timeout(5000),
  );
  expect((await read(clientId)).keys).toEqual([expect.objectContaining({ id: key.id, state: 'retired' })]);
  expect((await read(clientId)).keys[0]).not.toHaveProperty('fault');

  // Nor is it taken away by whoever saw a fault of it before.
  const seen = { ...key, fault: 'There is no such file.' };
  await expect(refuseFaulty(by, clientId, seen, true)).rejects.toMatchObject({ code: 'key-unusable' });
  expect((await read(clientId)).keys).toHaveLength(1);
});

test('the name of a key is free again once it is retired, and not before', async () => {
  const clientId = await givenClient();
  const { add } = newKeys(hub());
  const [first, again] = [active('comes-back'), active('comes-back')];
  const adding = (key: typeof first) => store.asOperator((rows) => add(rows, by, clientId, key));
  await adding(first);
  await expect(adding(again)).rejects.toMatchObject({ code: 'already-exists' });
  await store.asOperator((rows) => rows.clients.saveKey({ id: first.id, state: 'retired', retiredAt: now }));
  await adding(again);
  expect((await read(clientId)).keys.map(({ kid, state }) => `${kid} ${state}`).sort()).toEqual([
    'comes-back active',
    'comes-back retired',
  ]);
});

test('a first key of a client that is stopped is looked at by itself', async () => {
  const clientId = await givenClient();
  const { add } = newKeys(hub());
  const adding = (kid: string) => store.asOperator((rows) => add(rows, by, clientId, active(kid)));
  await adding('first');
  expect(await isProbeOwed(clientId)).toBe(false);
  const id = (await read(clientId)).keys[0]?.id ?? '';
  await store.asOperator(async (rows) => {
    await rows.clients.saveKey({ id, state: 'retired', retiredAt: now });
    await rows.clients.saveState(clientId, { stoppedAt: now });
  });
  await adding('second');
  expect((await read(clientId)).keys.map(({ state }) => state).sort()).toEqual(['active', 'retired']);
  expect(await isProbeOwed(clientId)).toBe(true);
});
