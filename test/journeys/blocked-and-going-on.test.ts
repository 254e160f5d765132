import { expect } from 'vitest';
import { given } from '../support/given.ts';
import { hubTest, operatorOrgno, type World } from '../support/hub-test.ts';
import { inTime, minute, second } from './in-time.ts';

const administration = 'altinn:consentrequests.write';
const income = 'skatteetaten:inntekt';

const ask = ({ call, receiver }: World, change: Record<string, unknown> = {}) =>
  call('bank', 'POST', '/v1/consents', given.ask(`${receiver.url}/done`, change), { prefer: 'wait=20' });

type Step = { step: string; state: string; mover: string; link: string | null; text: string };
type Readiness = { services: { service: string; ready: boolean; steps: Step[] }[] };

const readiness = async ({ call }: World, how: 'GET' | 'POST' = 'GET') => {
  const path = how === 'GET' ? '/v1/readiness' : '/v1/readiness/check';
  const { status, body } = await call('bank', how, path);
  const found = (body as Readiness).services?.find(({ service }) => service === 'ske-inntekt');
  return { status, ready: found?.ready, step: (name: string) => found?.steps.find(({ step }) => step === name) };
};

hubTest('a bank that has not delegated is told what to do, and does it', async (world) => {
  const { sandbox, banks, receiver } = world;
  await sandbox.undelegate(banks.bank.orgno, operatorOrgno, administration);
  expect((await readiness(world)).step('consent-administration')).toMatchObject({ state: 'unknown' });

  const asked = await ask(world);
  const problem = {
    type: '/problems/access-not-delegated',
    mover: 'tenant',
    link: expect.stringMatching(/^http/),
    detail: expect.stringContaining(banks.bank.orgno),
  };
  expect(asked).toMatchObject({ status: 202, body: { status: 'blocked', version: 2, approvalUrl: null, problem } });
  expect(asked.headers.get('preference-applied')).toBe('wait=20');
  const id = String(asked.body['id']);
  const { event } = await receiver.got('consent.blocked', id);
  expect(event.data.consent).toMatchObject({ id, status: 'blocked', problem });
  const before = await readiness(world);
  expect(before.ready).toBe(false);
  expect(before.step('consent-administration')).toMatchObject({
    state: 'missing',
    mover: 'tenant',
    link: problem.link,
  });
  expect(await sandbox.calls('create')).toEqual([]);

  await sandbox.delegate(banks.bank.orgno, operatorOrgno, administration);
  const after = await readiness(world, 'POST');
  expect(after.step('consent-administration')).toMatchObject({ state: 'done', mover: 'nobody', link: null });
  expect(after.ready).toBe(true);
  expect(await world.becomes('bank', id, 'pending')).toMatchObject({ version: 3, problem: null });
  expect((await receiver.got('access.granted')).event.data).toEqual({
    access: { kind: 'scope', name: administration },
  });
  await receiver.got('consent.requested', id);
  expect(await world.call('bank', 'POST', '/v1/readiness/check')).toMatchObject({
    status: 429,
    body: { type: '/problems/too-many-requests' },
  });
});

hubTest('what is delegated is noticed by itself, and all who waited go on', async (world) => {
  const { sandbox, banks } = world;
  await sandbox.undelegate(banks.bank.orgno, operatorOrgno, administration);
  const ids = await Promise.all([1, 2, 3].map(async () => String((await ask(world)).body['id'])));
  for (const id of ids) await world.becomes('bank', id, 'blocked');
  const tokenCalls = (await sandbox.calls('token')).length;
  expect(tokenCalls).toBeLessThan(4); // one question, not one for each consent
  await sandbox.delegate(banks.bank.orgno, operatorOrgno, administration);
  for (const id of ids)
    await inTime(
      world,
      'the consent to go on',
      40 * second,
      async () => (await world.status('bank', id)) === 'pending',
    );
  expect((await sandbox.consents()).map(({ createCalls }) => createCalls)).toEqual([1, 1, 1]);
});

hubTest('nobody is asked for data that the bank may not fetch', async (world) => {
  const { sandbox, banks, receiver } = world;
  await sandbox.ungrant(banks.bank.orgno, income);
  const asked = await ask(world);
  expect(asked).toMatchObject({
    status: 202,
    body: { status: 'blocked', problem: { type: '/problems/access-not-granted', mover: 'api-owner' } },
  });
  const id = String(asked.body['id']);
  await receiver.got('consent.blocked', id);
  expect((await readiness(world)).step('data-grant')).toMatchObject({ state: 'missing', mover: 'api-owner' });
  expect((await readiness(world)).step('consent-administration')).toMatchObject({ state: 'done' });
  // Another service of the same bank is not held up.
  const rights = [{ service: 'ske-skattegrunnlag', metadata: { inntektsaar: '2024' } }];
  expect(await ask(world, { rights })).toMatchObject({ status: 201 });
  const sent = (await sandbox.calls('create')).map(({ body }) => (body as { id: string }).id);
  expect(sent).not.toContain(id);
  expect(sent).toHaveLength(1);
  await sandbox.grant(banks.bank.orgno, income);
  await inTime(world, 'the consent to go on', 40 * second, async () => (await world.status('bank', id)) === 'pending');
  await receiver.got('access.granted');
});

hubTest('a 403 without a word is explained, one consent tries alone, then the rest go on', async (world) => {
  const { sandbox, banks, receiver } = world;
  const resource = 'ske-samtykke-sbl-inntekt';
  await sandbox.refuse(resource, banks.bank.orgno);
  const first = String((await ask(world)).body['id']);
  expect(await world.becomes('bank', first, 'blocked')).toMatchObject({
    problem: { type: '/problems/not-on-access-list', mover: 'api-owner', link: expect.stringMatching(/^http/) },
  });
  expect((await readiness(world)).step('access-list')).toMatchObject({ state: 'missing', mover: 'api-owner' });
  const next = String((await ask(world)).body['id']);
  await world.becomes('bank', next, 'blocked');
  await receiver.got('consent.blocked', next);
  await sandbox.forget();
  await inTime(world, 'a probe', 6 * minute, async () => (await sandbox.calls('create')).length > 0);
  await world.settled();
  const tried = (await sandbox.calls('create')).map(({ body }) => (body as { id: string }).id);
  expect(new Set(tried)).toEqual(new Set([first]));
  expect(receiver.received.filter(({ event }) => event.type === 'consent.blocked')).toHaveLength(2);

  await sandbox.admit(resource, banks.bank.orgno);
  for (const id of [first, next])
    await inTime(world, 'the consent to go on', 6 * minute, async () => (await world.status('bank', id)) === 'pending');
  expect((await receiver.got('access.granted')).event.data).toEqual({
    access: { kind: 'service', name: 'ske-inntekt' },
  });
  expect((await readiness(world)).step('access-list')).toMatchObject({ state: 'done' });
});

hubTest('whoever waits past the end expires, and is never sent', async (world) => {
  const { sandbox, banks, receiver } = world;
  await sandbox.undelegate(banks.bank.orgno, operatorOrgno, administration);
  const validTo = new Date(Date.now() + 10 * minute).toISOString();
  const id = String((await ask(world, { validTo })).body['id']);
  await world.becomes('bank', id, 'blocked');
  await sandbox.advance(11 * minute);
  expect(await world.becomes('bank', id, 'expired')).toMatchObject({ problem: null });
  await receiver.got('consent.expired', id);
  await sandbox.delegate(banks.bank.orgno, operatorOrgno, administration);
  expect((await readiness(world, 'POST')).ready).toBe(true);
  await world.settled();
  expect(await sandbox.consents()).toEqual([]);
  expect(await world.status('bank', id)).toBe('expired');
});

hubTest('access that is taken away is told, and the next consent waits', async (world) => {
  const { sandbox, banks, receiver } = world;
  await world.ask('bank');
  await sandbox.ungrant(banks.bank.orgno, income);
  await sandbox.advance(11 * minute); // proofs are not believed for ever
  expect(await ask(world)).toMatchObject({ status: 202, body: { status: 'blocked' } });
  expect((await receiver.got('access.lost')).event.data).toMatchObject({
    access: { kind: 'scope', name: income },
    problem: { mover: 'api-owner' },
  });
});

hubTest(
  'access that was proved a while ago and is gone since blocks the next consent, with whose move it is',
  async (world) => {
    const { sandbox, banks } = world;
    await world.ask('bank');
    await sandbox.undelegate(banks.bank.orgno, operatorOrgno, administration);
    await sandbox.advance(5 * minute); // the token has run out, the proof is believed still
    const { body } = await ask(world);
    await world.becomes('bank', String(body['id']), 'blocked');
    expect(await readiness(world)).toMatchObject({ ready: false });
    expect((await sandbox.consents()).map(({ id }) => id)).not.toContain(body['id']);
  },
);
