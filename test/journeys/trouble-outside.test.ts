import { expect } from 'vitest';
import { given } from '../support/given.ts';
import { hubTest, type World } from '../support/hub-test.ts';
import type { Fault } from '../support/sandbox-control.ts';
import { inTime, minute, second } from './in-time.ts';

const troubles: [string, Fault, times: number][] = [
  ['is down for a while', { kind: 'status', status: 503 }, 5],
  ['has too much to do', { kind: 'status', status: 429, retryAfter: 30 }, 2],
  ['hangs up before it has heard', { kind: 'reset', when: 'before' }, 3],
  ['hangs up after it has heard', { kind: 'reset', when: 'after' }, 3],
  ['answers with a page for people', { kind: 'html', status: 502 }, 3],
  ['answers 200 with a page for people', { kind: 'html', status: 200 }, 3],
  ['takes its time', { kind: 'delay', ms: 700 }, 1],
];

const pendingInTime = (world: World, id: string, although: string) =>
  inTime(
    world,
    `Altinn to have the consent: ${although}`,
    20 * second,
    async () => (await world.status('bank', id)) === 'pending',
  );

for (const [on, who] of [
  ['token', 'Maskinporten'],
  ['create', 'Altinn'],
] as const)
  hubTest(`whatever befalls ${who}, Altinn has one consent in the end`, async (world) => {
    const { call, sandbox, receiver } = world;
    for (const [what, fault, times] of troubles) {
      await sandbox.advance(15 * minute); // no token and no proof of access is left over
      await world.settled();
      await sandbox.forget();
      await sandbox.fault(on, fault, times);
      const asked = await call('bank', 'POST', '/v1/consents', given.ask(`${receiver.url}/done`));
      expect(asked.status, what).toBe(202);
      const id = String(asked.body['id']);
      await pendingInTime(world, id, what);
      expect(await befallen(world, on), what).toBe(times);
      await receiver.got('consent.requested', id);
      await call('bank', 'POST', `/v1/consents/${id}/withdraw`);
      await receiver.got('consent.withdrawn', id);
      await world.settled();
    }
    const consents = await sandbox.consents();
    expect(consents.map(({ status }) => status)).toEqual(troubles.map(() => 'Created'));
    expect(receiver.received).toHaveLength(2 * troubles.length);
  });

hubTest('Altinn is left alone as long as it asked for', async (world) => {
  const { call, sandbox, receiver } = world;
  await sandbox.fault('create', { kind: 'status', status: 429, retryAfter: 120 });
  const { body } = await call('bank', 'POST', '/v1/consents', given.ask(`${receiver.url}/done`));
  await inTime(world, 'Altinn to be asked', second, async () => (await sandbox.calls('create')).length === 1);
  await world.settled();
  await sandbox.advance(90 * second);
  await world.settled();
  expect(await sandbox.calls('create')).toHaveLength(1);
  await sandbox.advance(31 * second);
  await world.becomes('bank', String(body['id']), 'pending');
  expect(await sandbox.calls('create')).toHaveLength(2);
});

hubTest('Maskinporten’s refusal without a code is understood by its words', async (world) => {
  const { call, sandbox, receiver, banks } = world;
  await sandbox.ungrant(banks.bank.orgno, 'skatteetaten:inntekt');
  await sandbox.fault('token', { kind: 'no-error-uri' }, 10);
  const ask = given.ask(`${receiver.url}/done`);
  expect(await call('bank', 'POST', '/v1/consents', ask, { prefer: 'wait=20' })).toMatchObject({
    status: 202,
    body: { status: 'blocked', problem: { type: '/problems/access-not-granted', mover: 'api-owner' } },
  });
});

/** How many calls met with a fault. */
const befallen = async ({ sandbox }: World, on: string): Promise<number> =>
  (await sandbox.calls(on)).filter((call) => 'fault' in call && call.fault !== null).length;

/** Refused for good: told at once, by webhook, and later, and never tried again. */
const refusedForGood = async (world: World, type: string, change: Record<string, unknown> = {}) => {
  const { call, sandbox, receiver } = world;
  const ask = given.ask(`${receiver.url}/done`, change);
  const told = await call('bank', 'POST', '/v1/consents', ask, { prefer: 'wait=20' });
  expect(told).toMatchObject({ status: 422, body: { type, status: 422, consentId: expect.any(String) } });
  expect(told.headers.get('content-type')).toBe('application/problem+json');
  const id = String(told.body['consentId']);
  expect(told.headers.get('location')).toBe(`/v1/consents/${id}`);
  const { body } = await call('bank', 'GET', `/v1/consents/${id}`);
  expect(body).toMatchObject({ status: 'failed', version: 2, problem: { type, mover: 'nobody' } });
  const { event } = await receiver.got('consent.failed', id);
  expect(event.data.consent).toMatchObject({ status: 'failed', problem: body['problem'] });
  const calls = (await sandbox.calls('create')).length;
  await sandbox.advance(30 * minute);
  await world.settled();
  expect(await sandbox.calls('create')).toHaveLength(calls);
};

hubTest('what Altinn finds wrong is told to the bank that waits, and stays failed', async (world) => {
  const { call, banks } = world;
  await call('operator', 'POST', '/operator/v1/services', {
    key: 'misspelt',
    generation: 'altinn3',
    resource: 'enkelt-samtykke',
    dataScope: 'skatteetaten:inntekt',
    metadata: ['simpeltag'],
  });
  await call('operator', 'PATCH', `/operator/v1/tenants/${banks.bank.id}`, { services: ['misspelt'] });
  const rights = [{ service: 'misspelt', metadata: { simpeltag: '2026' } }];
  await refusedForGood(world, '/problems/altinn-refused', { rights });
});

hubTest('a person whom Altinn does not know is told so', (world) =>
  refusedForGood(world, '/problems/person-unknown', { from: { person: '05826590078' } }),
);

hubTest('an HTTP 500 with a code that is for good is for good', async (world) => {
  const body = { code: 'AM-00009', title: 'Resources do not share a template' };
  await world.sandbox.fault('create', { kind: 'status', status: 500, body }, 10);
  await refusedForGood(world, '/problems/altinn-refused');
  await world.sandbox.clear();
});
