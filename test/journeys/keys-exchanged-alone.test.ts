import { expect } from 'vitest';
import { furnishAdmin, registeredKids } from '../support/admin-client.ts';
import { hubTest, type World } from '../support/hub-test.ts';
import { operatorsClient } from '../support/operators-client.ts';
import { until } from '../support/until.ts';
import { inTime, minute, second } from './in-time.ts';

const income = 'skatteetaten:inntekt';
let asked = 0;

/** A token that nobody has yet: another audience each time. */
const token = async ({ call }: World) => {
  asked += 1;
  const resource = `https://api.example/${asked}`;
  return (await call('bank', 'POST', '/v1/tokens', { scope: income, resource })).status;
};

const opened = async (world: World, delaySeconds: number) => {
  await furnishAdmin(world);
  const client = await operatorsClient(world, 'Income');
  expect(await token(world)).toBe(200);
  await world.sandbox.settings({ selfServiceDelaySeconds: delaySeconds });
  const rotate = () => world.call('operator', 'POST', `${client.path}/rotate-key`);
  return { ...client, rotate, listed: () => registeredKids(world, client.clientId) };
};

const did = async ({ call }: World, action: string) =>
  ((await call('operator', 'GET', `/operator/v1/audit?action=${action}`)).body['items'] as unknown[]).length;

hubTest('a key is exchanged by itself: made, registered, proved, and the old one is taken away', async (world) => {
  const client = await opened(world, 60);
  const [old] = (await client.seen()).keys;
  expect(await client.rotate()).toMatchObject({ status: 202 });
  // Asked once more while it is under way it begins nothing.
  expect((await client.rotate()).status).toBe(202);
  await until('the new key to be registered', async () => (await client.listed()).length === 2);
  const fresh = (await client.seen()).keys[1];
  expect(await client.listed()).toEqual([old?.kid, fresh?.kid]);
  await until('the set to be noted', async () => (await client.seen()).keys[1]?.listedAt ?? undefined);
  expect(await client.states()).toEqual(['active', 'pending']);
  expect(await token(world)).toBe(200);

  await inTime(world, 'the new key to take over', 10 * second, async () => (await client.states())[1] === 'active');
  expect(await token(world)).toBe(200);
  await inTime(world, 'the old one to be gone', minute, async () => (await client.listed()).length === 1);
  expect(await client.listed()).toEqual([fresh?.kid]);
  expect(await client.states()).toEqual(['retired', 'active']);
  await world.sandbox.advance(2 * minute);
  expect(await token(world)).toBe(200);
  const [, now] = (await client.seen()).keys;
  expect(Date.parse(now?.expiresAt ?? '') - Date.parse(now?.registeredAt ?? '')).toBe(365 * 24 * 60 * minute);
  expect(await did(world, 'maskinporten-key.listed')).toBe(2);
  expect(await did(world, 'maskinporten-key.unlisted')).toBe(1);
  expect(await did(world, 'maskinporten-client.stopped')).toBe(0);
});

hubTest(
  'a change that may or may not have come through is looked for, and never made twice',
  async (world) => {
    const { sandbox } = world;
    const client = await opened(world, 0);
    await sandbox.clear();
    await sandbox.fault('selfservice', { kind: 'hold', when: 'before', name: 'read' });
    await client.rotate();
    await sandbox.parked('read');
    await sandbox.fault('selfservice', { kind: 'reset', when: 'after' });
    await sandbox.release('read');
    await inTime(world, 'the new key to take over', 10 * second, async () => (await client.states())[1] === 'active');
    const writes = (await sandbox.calls('selfservice')).filter(({ method }) => method === 'POST');
    expect(writes.map(({ status }) => status)).toEqual([null]);
    expect(await client.listed()).toHaveLength(2);
  },
  { HUB_LEASE_SECONDS: '2' },
);

hubTest('whose move it is is told where the key waits; a set that is full loses nothing', async (world) => {
  const { sandbox, call } = world;
  const client = await opened(world, 0);
  await sandbox.settings({ selfServiceTermsSigned: false });
  await client.rotate();
  const problem = async () => (await client.seen()).keys[1]?.problem?.type;
  await inTime(
    world,
    'the terms to be told of',
    second,
    async () => (await problem()) === '/problems/selfservice-terms-unsigned',
  );
  const { keys } = await client.jwks();
  const strangers = ['a', 'b', 'c', 'd'].map((kid) => ({ ...keys[0], kid }));
  await world.sandbox.register(client.clientId, { keys: [...keys.slice(0, 1), ...strangers] });
  await sandbox.settings({ selfServiceTermsSigned: true });
  await inTime(
    world,
    'the full set to be told of',
    10 * second,
    async () => (await problem()) === '/problems/selfservice-keys-full',
  );
  expect(await client.listed()).toHaveLength(5);
  await world.sandbox.register(client.clientId, { keys: [...keys.slice(0, 1), ...strangers.slice(1)] });
  await inTime(world, 'the new key to take over', 10 * second, async () => (await client.states())[1] === 'active');
  expect(await client.listed()).toEqual([keys[0]?.kid, 'b', 'c', 'd', keys[1]?.kid]);

  // What cannot be exchanged is said.
  const scopeless = { name: 'No scope', clientId: 'x', purpose: 'data', scopes: [], key: { generate: true } };
  const { body } = await call('operator', 'POST', '/operator/v1/maskinporten-clients', scopeless);
  expect(await call('operator', 'POST', `/operator/v1/maskinporten-clients/${body['id']}/rotate-key`)).toMatchObject({
    status: 409,
    body: { type: '/problems/key-not-rotatable' },
  });
});
