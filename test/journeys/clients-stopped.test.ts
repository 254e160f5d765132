import { expect } from 'vitest';
import { given } from '../support/given.ts';
import { hubTest, operatorOrgno, type TenantName, type World } from '../support/hub-test.ts';
import { type ClientSeen, operatorsClient } from '../support/operators-client.ts';
import { until } from '../support/until.ts';
import { rowsOf } from '../usecases/rows.ts';
import { day, inTime, minute, second } from './in-time.ts';

const administration = 'altinn:consentrequests.write';
const income = 'skatteetaten:inntekt';
const names = ['Consent administration', 'Income', 'Tax basis'];
let asked = 0;

/** A token that nobody has yet: another audience each time. */
const token = ({ call }: World, who: TenantName = 'bank') => {
  asked += 1;
  return call(who, 'POST', '/v1/tokens', { scope: income, resource: `https://api.example/${asked}` });
};
const clients = (world: World) => Promise.all(names.map((name) => operatorsClient(world, name)));
const consent = async ({ call, receiver }: World, who: TenantName, days = 700) => {
  const validTo = new Date(Date.now() + days * day).toISOString();
  const { body } = await call(who, 'POST', '/v1/consents', given.ask(`${receiver.url}/done`, { validTo }));
  return String(body['id']);
};
const audited = async ({ call }: World, action: string) =>
  (
    (await call('operator', 'GET', `/operator/v1/audit?limit=200&action=${action}`)).body['items'] as {
      target: string;
    }[]
  ).map(({ target }) => target);
const isStopped = async (client: { seen(): Promise<ClientSeen> }) => (await client.seen()).stopped !== null;

hubTest(
  'a client whose key has expired asks Maskinporten no more, until it is registered anew and all go on',
  async (world) => {
    const { sandbox, call, receiver, logs } = world;
    const house = await clients(world);
    const [consents, data] = house;
    if (!consents || !data) throw new Error('no clients');
    await world.ask('bank');
    expect((await token(world)).status).toBe(200);
    await sandbox.advance(366 * day);
    await world.settled();
    expect((await data.seen()).warnings).toMatchObject([{ code: 'key-expired' }]);

    const refused = { type: '/problems/key-refused', mover: 'operator', link: expect.stringMatching(/^http/) };
    expect(await token(world)).toMatchObject({ status: 409, body: refused });
    expect(await data.seen()).toMatchObject({
      stopped: { since: expect.any(String), problem: refused },
      warnings: [{ code: 'client-stopped' }, { code: 'key-expired' }],
    });
    // Whose request it was that stopped the client is the operator's to know.
    await sandbox.advance(6 * second);
    const [stops] = await rowsOf<{ trace: string }>(
      world,
      `select stopped_problem->>'traceId' as trace from maskinporten_clients where client_id = $1`,
      [data.clientId],
    );
    expect(stops?.trace).toMatch(/./);
    expect(JSON.stringify((await token(world, 'insurer')).body)).not.toContain(stops?.trace);
    const told = `select 1 from tokens where failure->>'traceId' = $1`;
    expect(await rowsOf(world, told, [stops?.trace])).toHaveLength(1);
    const waiting = [await consent(world, 'bank'), await consent(world, 'insurer')] as const;
    expect(await world.becomes('bank', waiting[0], 'blocked')).toMatchObject({ problem: refused });
    await world.becomes('insurer', waiting[1], 'blocked');
    await receiver.got('consent.blocked', waiting[0]);

    await sandbox.forget();
    for (const who of ['bank', 'insurer'] as const) {
      expect(await token(world, who)).toMatchObject({ status: 409, body: refused });
      await world.becomes(who, await consent(world, who), 'blocked');
    }
    await call('bank', 'POST', '/v1/readiness/check');
    const ready = (await call('bank', 'GET', '/v1/readiness')).body as {
      services: { ready: boolean; steps: { step: string }[] }[];
    };
    expect(ready.services[0]).toMatchObject({ ready: false });
    expect(ready.services[0]?.steps.find(({ step }) => step === 'client')).toMatchObject({
      state: 'missing',
      mover: 'operator',
      text: expect.stringContaining('more than a year ago'),
    });
    // The hub's own looks are in nobody's name.
    const grants = [...(await consents.grants()), ...(await data.grants())];
    expect(grants.filter(({ body }) => JSON.stringify(body).includes('consumer_org'))).toEqual([]);

    // It looks by itself, ever more seldom.
    await inTime(world, 'a look', 30 * second, async () => (await data.grants()).length > 0);
    await world.settled();
    const looks = (await data.grants()).map(({ status }) => status);
    expect(new Set(looks)).toEqual(new Set([400]));
    expect(looks.length).toBeLessThanOrEqual(3);
    expect(await isStopped(data)).toBe(true);

    for (const client of house) await client.registerAnew();
    for (const client of house) {
      const [key] = (await client.seen()).keys;
      const registeredAt = (await sandbox.now()).toISOString();
      const renewed = await call('operator', 'PATCH', `${client.path}/keys/${key?.id}`, { registeredAt });
      expect(renewed.status).toBe(200);
      await until('the client to go on', async () => !(await isStopped(client)));
      const [seen] = (await client.seen()).keys;
      expect(seen).toMatchObject({ registeredAt, state: 'active' });
      expect(new Date(String(seen?.expiresAt)).getTime() - new Date(registeredAt).getTime()).toBe(365 * day);
      expect((await client.seen()).warnings).toEqual([]);
    }
    // Nobody has to wait for time to pass.
    await world.becomes('bank', waiting[0], 'pending');
    await world.becomes('insurer', waiting[1], 'pending');
    await receiver.got('consent.requested', waiting[0]);
    expect((await token(world)).status).toBe(200);
    // All three were asked with, the last by the check of readiness, and each was stopped once.
    const ids = (await Promise.all(house.map((client) => client.seen()))).map(({ id }) => id).sort();
    for (const action of ['stopped', 'resumed'])
      expect((await audited(world, `maskinporten-client.${action}`)).sort()).toEqual(ids);
    expect(await audited(world, 'maskinporten-key.registered')).toHaveLength(3);
    expect(logs.filter((line) => line.includes('Maskinporten refuses a client'))).toHaveLength(3);
  },
);

hubTest('a client that is mended at Maskinporten is found to work by itself, or at once when asked', async (world) => {
  const { sandbox } = world;
  const client = await operatorsClient(world, 'Income');
  const keys = await client.jwks();
  const breakIt = async () => {
    await sandbox.register(client.clientId, { keys: [] });
    expect((await token(world)).body['type']).toBe('/problems/key-refused');
    await until('a look to stop it', () => isStopped(client));
  };
  expect((await token(world)).status).toBe(200);
  await breakIt();
  await sandbox.register(client.clientId, keys);
  expect((await token(world)).status).toBe(409);
  await inTime(world, 'it to be found', 10 * second, async () => !(await isStopped(client)));
  expect((await token(world)).status).toBe(200);

  await breakIt();
  // Not so soon again: of two that come together one asks, and both are told what is known.
  const from = await sandbox.now();
  const since = (await sandbox.calls()).at(-1)?.seq ?? 0;
  for (const { stopped } of await Promise.all([client.probe(), client.probe()]))
    expect(stopped).toMatchObject({ problem: { type: '/problems/key-refused' } });
  expect(await client.grants(since)).toHaveLength(1);
  expect(await audited(world, 'maskinporten-client.probed')).toHaveLength(1);
  await sandbox.register(client.clientId, keys);
  const soon = await client.probe();
  const isSoon = (await sandbox.now()).getTime() - from.getTime() < 10 * second;
  if (isSoon) expect([soon.stopped === null, (await client.grants(since)).length]).toEqual([false, 1]);
  await sandbox.advance(10 * second);
  expect(await client.probe()).toMatchObject({ stopped: null, warnings: [] });
  expect((await token(world)).status).toBe(200);

  // Another key may be what mends it.
  await breakIt();
  const { keys: both } = await client.addKey();
  await sandbox.register(client.clientId, await client.jwks());
  await client.register((kid) => kid === both[1]?.kid);
  await sandbox.advance(10 * second);
  expect(await client.probe()).toMatchObject({ stopped: null, keys: [{ state: 'retiring' }, { state: 'active' }] });
  expect((await token(world)).status).toBe(200);
});

hubTest('a token that was fetched before its client was stopped is good to its end', async (world) => {
  const { sandbox, call } = world;
  const client = await operatorsClient(world, 'Income');
  const kept = () => call('bank', 'POST', '/v1/tokens', { scope: income });
  const before = await kept();
  expect(before.status).toBe(200);
  await sandbox.register(client.clientId, { keys: [] });
  expect((await token(world)).status).toBe(409);
  expect((await kept()).body['token']).toBe(before.body['token']);
  await sandbox.advance(121 * second);
  expect(await kept()).toMatchObject({ status: 409, body: { type: '/problems/key-refused' } });
});

hubTest('what could not be looked at while a client was stopped is looked at as soon as it goes on', async (world) => {
  const { sandbox } = world;
  const client = await operatorsClient(world, 'Consent administration');
  const { id } = await world.ask('bank');
  const keys = await client.jwks();
  await sandbox.register(client.clientId, { keys: [] });
  await sandbox.advance(121 * second);
  await until('it to be stopped', () => isStopped(client));
  await sandbox.person(id, 'accept');
  // Tried in vain, with ever longer pauses.
  for (let passed = 0; passed < 12; passed += 1) {
    await sandbox.advance(minute);
    await world.settled();
  }
  expect(await world.status('bank', id)).toBe('pending');
  await sandbox.register(client.clientId, keys);
  expect((await client.probe()).stopped).toBeNull();
  await world.becomes('bank', id, 'accepted');
});

hubTest('a client that is stopped, and goes on, is no news of any tenant’s access', async (world) => {
  const { sandbox, receiver } = world;
  const house = await clients(world);
  await world.ask('bank');
  await token(world);
  const keys = await Promise.all(house.map((client) => client.jwks()));
  for (const client of house) await sandbox.register(client.clientId, { keys: [] });
  await sandbox.advance(11 * minute);
  const id = await consent(world, 'bank', 30);
  await world.becomes('bank', id, 'blocked');
  await token(world);
  for (const [place, client] of house.entries()) await sandbox.register(client.clientId, keys[place] ?? { keys: [] });
  for (const client of house) await client.probe();
  await world.becomes('bank', id, 'pending');
  await token(world);
  await receiver.got('consent.requested', id);
  expect(receiver.received.filter(({ event }) => event.type.startsWith('access.'))).toEqual([]);

  // What the tenant itself takes away is, also while a client is stopped before it shows.
  await sandbox.undelegate(world.banks.bank.orgno, operatorOrgno, income);
  const [, data] = house;
  if (!data) throw new Error('no client');
  await sandbox.register(data.clientId, { keys: [] });
  expect((await token(world)).body['type']).toBe('/problems/key-refused');
  await until('a look to stop it', () => isStopped(data));
  await sandbox.advance(11 * minute);
  await world.becomes('bank', await consent(world, 'bank', 30), 'blocked');
  await sandbox.register(data.clientId, keys[1] ?? { keys: [] });
  await data.probe();
  await receiver.got('access.lost');
});

hubTest('a token that came is handed out, also where nothing can be noted of the key it came with', async (world) => {
  const client = await operatorsClient(world, 'Income');
  await rowsOf(world, 'update maskinporten_keys set proved_at = null');
  await rowsOf(
    world,
    `create function no() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
     create trigger no before update on maskinporten_keys for each row execute function no()`,
  );
  await world.call('operator', 'PATCH', client.path, { name: 'Income' });
  expect((await token(world)).status).toBe(200);
  expect(world.logs.some((line) => line.includes('could not be noted'))).toBe(true);
});

hubTest('what one tenant or one scope lacks never stops a client', async (world) => {
  const { sandbox, banks } = world;
  const client = await operatorsClient(world, 'Income');
  await sandbox.undelegate(banks.bank.orgno, operatorOrgno, income);
  expect((await token(world)).body['type']).toBe('/problems/access-not-delegated');
  await sandbox.ungrant(banks.bank.orgno, income);
  expect((await token(world)).body['type']).toBe('/problems/access-not-granted');
  await sandbox.client({ clientId: client.clientId, scopes: [administration] });
  expect((await token(world, 'insurer')).body['type']).toBe('/problems/client-scope-missing');
  expect(await isStopped(client)).toBe(false);
  await sandbox.client({ clientId: client.clientId, scopes: [income] });
  await until('the other tenant to have its token', async () => {
    await sandbox.advance(10 * second);
    return (await token(world, 'insurer')).status === 200;
  });
  // A client that is gone is another matter.
  await sandbox.client({ clientId: client.clientId, scopes: [income], active: false });
  expect((await token(world, 'insurer')).body['type']).toBe('/problems/client-refused');
  expect(await isStopped(client)).toBe(true);
});

hubTest('an outage of Maskinporten stops no client', async (world) => {
  const { sandbox } = world;
  const client = await operatorsClient(world, 'Income');
  await sandbox.fault('token', { kind: 'status', status: 503 }, 1);
  expect((await token(world)).status).toBe(503);
  expect(await isStopped(client)).toBe(false);
  expect((await token(world)).status).toBe(200);
});
