import { afterAll, beforeAll, expect, test } from 'vitest';
import { furnishAdmin, registeredKids } from '../support/admin-client.ts';
import { engines, openWorld } from '../support/hub-test.ts';
import { operatorsClient } from '../support/operators-client.ts';
import { until } from '../support/until.ts';
import { rowsOf } from '../usecases/rows.ts';
import { hour, inTime, minute, second } from './in-time.ts';

/** Whichever engine the queues run on: nothing here hangs on it. */
const engine = engines.at(-1) ?? 'postgresql';
let world: Awaited<ReturnType<typeof openWorld>>;
beforeAll(async () => {
  world = await openWorld(engine, { HUB_LEASE_SECONDS: '3', HUB_KEY_ROTATION_DAYS: '300' });
  await furnishAdmin(world);
});
afterAll(() => world.close());

let asked = 0;
/** A token that nobody has yet: another audience each time. */
const token = async (scope: string) => {
  asked += 1;
  const resource = `https://api.example/${asked}`;
  return (await world.call('bank', 'POST', '/v1/tokens', { scope, resource })).status;
};

const opened = async (name: string) => {
  const client = await operatorsClient(world, name);
  return {
    ...client,
    rotate: () => world.call('operator', 'POST', `${client.path}/rotate-key`),
    listed: () => registeredKids(world, client.clientId),
    takesOver: () =>
      inTime(world, 'the new key to take over', 10 * second, async () => (await client.states())[1] === 'active'),
  };
};

const did = async (action: string) =>
  ((await world.call('operator', 'GET', `/operator/v1/audit?action=${action}`)).body['items'] as unknown[]).length;

test('a key is exchanged by itself: made, registered, proved, and the old one is taken away', async () => {
  const client = await opened('Income');
  const income = 'skatteetaten:inntekt';
  expect(await token(income)).toBe(200);
  await world.sandbox.settings({ selfServiceDelaySeconds: 60 });
  const [old] = (await client.seen()).keys;
  expect(await client.rotate()).toMatchObject({ status: 202 });
  // Asked once more while it is under way it begins nothing.
  expect((await client.rotate()).status).toBe(202);
  await until('the set to be noted', async () => (await client.seen()).keys[1]?.listedAt ?? undefined);
  const fresh = (await client.seen()).keys[1];
  expect(await client.listed()).toEqual([old?.kid, fresh?.kid]);
  expect(await client.states()).toEqual(['active', 'pending']);
  expect(await token(income)).toBe(200);

  await client.takesOver();
  expect(await token(income)).toBe(200);
  await inTime(world, 'the old one to be gone', minute, async () => (await client.listed()).length === 1);
  expect(await client.listed()).toEqual([fresh?.kid]);
  expect(await client.states()).toEqual(['retired', 'active']);
  await world.sandbox.advance(2 * minute);
  expect(await token(income)).toBe(200);
  const [, now] = (await client.seen()).keys;
  expect(Date.parse(now?.expiresAt ?? '') - Date.parse(now?.registeredAt ?? '')).toBe(365 * 24 * hour);
  // Digdir knows it before the hub has noted it.
  await until('that to be noted', async () => (await did('maskinporten-key.unlisted')) > 0);
  expect(await did('maskinporten-key.unlisted')).toBe(1);
  expect(await did('maskinporten-client.stopped')).toBe(0);
  await world.sandbox.settings({ selfServiceDelaySeconds: 0 });
});

test('a change that may or may not have come through is looked for, and never made twice', async () => {
  const { sandbox } = world;
  const client = await opened('Tax basis');
  await world.settled();
  await sandbox.forget();
  // A read, and then the change, whose answer is lost.
  await sandbox.fault('selfservice', { kind: 'delay', ms: 0 });
  await sandbox.fault('selfservice', { kind: 'reset', when: 'after' });
  await client.rotate();
  await client.takesOver();
  const writes = (await sandbox.calls('selfservice')).filter(({ method }) => method === 'POST');
  expect(writes.map(({ status }) => status)).toEqual([null]);
  expect(await client.listed()).toHaveLength(2);
});

test('whose move it is is told where the key waits; a set that is full loses nothing', async () => {
  const { sandbox, call } = world;
  const client = await opened('Consent administration');
  await sandbox.settings({ selfServiceTermsSigned: false });
  await client.rotate();
  const isTold = (code: string) =>
    inTime(world, `${code} to be told`, 10 * second, async () => {
      return (await client.seen()).keys[1]?.problem?.type === `/problems/${code}`;
    });
  await isTold('selfservice-terms-unsigned');
  const { keys } = await client.jwks();
  const strangers = ['a', 'b', 'c', 'd'].map((kid) => ({ ...keys[0], kid }));
  const register = (some: object[]) => sandbox.register(client.clientId, { keys: [...keys.slice(0, 1), ...some] });
  await register(strangers);
  await sandbox.settings({ selfServiceTermsSigned: true });
  await isTold('selfservice-keys-full');
  expect(await client.listed()).toHaveLength(5);
  await register(strangers.slice(1));
  await client.takesOver();
  expect(await client.listed()).toEqual([keys[0]?.kid, 'b', 'c', 'd', keys[1]?.kid]);

  const scopeless = { name: 'No scope', clientId: 'x', purpose: 'data', scopes: [], key: { generate: true } };
  const { body } = await call('operator', 'POST', '/operator/v1/maskinporten-clients', scopeless);
  expect(await call('operator', 'POST', `/operator/v1/maskinporten-clients/${body['id']}/rotate-key`)).toMatchObject({
    status: 409,
    body: { type: '/problems/key-not-rotatable' },
  });
});

test('a key that is old enough is exchanged without a word; one that is refused to the end is taken back', async () => {
  const { sandbox } = world;
  const client = await opened('Income');
  const active = (await client.seen()).keys.find(({ state }) => state === 'active');
  // So slow that the new key is still refused when all patience is over.
  await sandbox.settings({ selfServiceDelaySeconds: 3600 });
  const older = `update maskinporten_keys set created_at = created_at - interval '301 days' where id = $1`;
  await rowsOf(world, older, [active?.id]);
  await sandbox.advance(hour);
  await inTime(world, 'a new key to be made and given up', minute, async () => {
    return (await did('maskinporten-key.given-up')) === 1;
  });
  await inTime(world, 'its registration to be gone', 10 * second, async () => (await client.listed()).length === 1);
  expect(await client.listed()).toEqual([active?.kid]);
  expect(await client.states()).toEqual(['retired', 'active', 'retired']);
  // Not again today.
  await sandbox.advance(2 * hour);
  await world.settled();
  expect((await client.seen()).keys).toHaveLength(3);
});
