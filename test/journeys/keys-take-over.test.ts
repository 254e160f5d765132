import { expect } from 'vitest';
import { hubTest, type World } from '../support/hub-test.ts';
import { grantOf, operatorsClient } from '../support/operators-client.ts';
import { until } from '../support/until.ts';
import { rowsOf } from '../usecases/rows.ts';
import { inTime, minute, second } from './in-time.ts';

const income = 'skatteetaten:inntekt';
let asked = 0;

/** A token that nobody has yet: another audience each time. */
const token = async ({ call }: World) => {
  asked += 1;
  const resource = `https://api.example/${asked}`;
  return (await call('bank', 'POST', '/v1/tokens', { scope: income, resource })).status;
};

/** Grants for the token that was asked for last; those at hand are renewed meanwhile. */
const grantsOfLatest = async ({ grants }: Awaited<ReturnType<typeof operatorsClient>>) =>
  (await grants()).filter(({ body }) => JSON.stringify(body).includes(`"https://api.example/${asked}"`));

const audited = async ({ call }: World, action: string) =>
  (await call('operator', 'GET', `/operator/v1/audit?action=${action}`)).body['items'] as {
    target: string;
    actor: { kind: string };
  }[];

/** Keys that are registered now are known everywhere two minutes later. */
const withPropagation = async (world: World) => {
  const client = await operatorsClient(world, 'Income');
  expect(await token(world)).toBe(200);
  await world.sandbox.settings({ keyPropagationMs: 2 * minute });
  await world.sandbox.advance(2 * minute);
  return client;
};

const rotated = async (world: World) => {
  const client = await withPropagation(world);
  await client.addKey();
  await client.register();
  await inTime(world, 'the new key to take over', 10 * second, async () => (await client.states())[1] === 'active');
  return client;
};

hubTest('a new key waits until Maskinporten takes it, and the one before is there for a while', async (world) => {
  const { sandbox, call } = world;
  const client = await withPropagation(world);
  const [first] = (await client.seen()).keys;
  expect(first).toMatchObject({ state: 'active', provedAt: expect.any(String), expiresAt: expect.any(String) });
  const added = await client.addKey();
  expect(added.keys.map(({ state }) => state)).toEqual(['active', 'pending']);
  const kid = String(added.keys[1]?.kid);
  expect((await client.jwks()).keys.map((key) => key.kid)).toEqual([first?.kid, kid]);

  await until('the new key to be refused', async () => (await client.seen()).keys[1]?.problem ?? undefined);
  expect((await client.seen()).keys[1]).toMatchObject({ state: 'pending', problem: { type: '/problems/key-refused' } });
  expect((await client.seen()).stopped).toBeNull();
  await client.register();
  await sandbox.advance(minute);
  await world.settled();
  expect(await client.states()).toEqual(['active', 'pending']);
  expect(await token(world)).toBe(200);

  await inTime(world, 'the new key to take over', 10 * second, async () => (await client.states())[1] === 'active');
  expect(await client.states()).toEqual(['retiring', 'active']);
  expect(await token(world)).toBe(200);
  expect((await grantsOfLatest(client)).map((call) => grantOf(call).kid)).toEqual([kid]);
  expect((await client.jwks()).keys).toHaveLength(2);

  await inTime(world, 'the old key to be retired', minute, async () => (await client.states())[0] === 'retired');
  expect((await client.jwks()).keys.map((key) => key.kid)).toEqual([kid]);
  expect(
    await rowsOf(world, 'select 1 from maskinporten_keys where private_sealed is not null and id = $1', [first?.id]),
  ).toEqual([]);
  const [activated] = await audited(world, 'maskinporten-key.activated');
  expect(activated).toMatchObject({ target: added.keys[1]?.id, actor: { kind: 'system' } });
  expect(await audited(world, 'maskinporten-key.retired')).toMatchObject([{ target: first?.id }]);
  // Nothing is left to find out, and nobody is asked for it.
  await world.settled();
  expect(await rowsOf(world, `select 1 from outbox where job = 'probe-client'`)).toEqual([]);
  expect(await call('operator', 'DELETE', `${client.path}/keys/${first?.id}`)).toMatchObject({ status: 200 });
});

hubTest('a new key that vanishes again: the one before helps out, and signs again if it stays away', async (world) => {
  const { sandbox, logs } = world;
  const client = await rotated(world);
  const [old, fresh] = (await client.seen()).keys;
  await client.register((kid) => kid === old?.kid);
  expect(await token(world)).toBe(200);
  expect((await grantsOfLatest(client)).map((call) => [grantOf(call).kid, call.status])).toEqual([
    [fresh?.kid, 400],
    [old?.kid, 200],
  ]);
  expect(await client.states()).toEqual(['retiring', 'active']);
  expect((await client.seen()).stopped).toBeNull();

  await sandbox.advance(2 * minute + second);
  expect(await token(world)).toBe(200);
  expect((await client.seen()).keys).toMatchObject([
    { state: 'active', problem: null },
    { state: 'pending', provedAt: null, problem: { type: '/problems/key-refused' } },
  ]);
  expect(await audited(world, 'maskinporten-key.rolled-back')).toMatchObject([{ target: fresh?.id }]);
  expect(logs.filter((line) => line.includes('the one before signs again') && line.includes('"error"'))).toHaveLength(
    1,
  );
  expect(await token(world)).toBe(200);
  const taken = (await grantsOfLatest(client)).filter(({ status }) => status === 200);
  expect(taken.map((call) => grantOf(call).kid)).toEqual([old?.kid]);

  // Once it is registered again it takes over again.
  await client.register();
  await inTime(world, 'the new key to take over', 10 * second, async () => (await client.states())[1] === 'active');
  expect(await token(world)).toBe(200);
});

hubTest('a key that never works harms nothing, and can be taken back', async (world) => {
  const { call } = world;
  const client = await withPropagation(world);
  const { keys } = await client.addKey();
  await inTime(world, 'a day to pass', 6 * 60 * minute, async () =>
    (await client.seen()).warnings.some(({ code }) => code === 'key-pending'),
  );
  expect(await token(world)).toBe(200);
  expect(await client.states()).toEqual(['active', 'pending']);
  const left = (await call('operator', 'DELETE', `${client.path}/keys/${keys[1]?.id}`)).body;
  expect(left).toMatchObject({ keys: [{ state: 'active' }, { state: 'retired' }], warnings: [], stopped: null });
});

hubTest('whoever replaces all keys at once: the new one is tried before anybody is refused', async (world) => {
  const client = await operatorsClient(world, 'Income');
  expect(await token(world)).toBe(200);
  const { keys } = await client.addKey();
  await until('the new key to be refused', async () => (await client.seen()).keys[1]?.problem ?? undefined);
  await client.register((kid) => kid !== keys[0]?.kid);
  expect(await token(world)).toBe(200);
  expect(await client.states()).toEqual(['retiring', 'active']);
});

hubTest('a key retired by hand leaves the one before to sign', async (world) => {
  const { call } = world;
  const client = await rotated(world);
  const { keys } = await client.seen();
  const left = (await call('operator', 'DELETE', `${client.path}/keys/${keys[1]?.id}`)).body;
  expect(left).toMatchObject({ keys: [{ state: 'active' }, { state: 'retired' }] });
  expect(await token(world)).toBe(200);
});
