import { expect } from 'vitest';
import { given } from '../support/given.ts';
import { hubTest, operatorOrgno, type World } from '../support/hub-test.ts';
import { until } from '../support/until.ts';
import { hour, minute } from './in-time.ts';

type Told = { type: string; data: { consent?: { id: string } } };

const withdraw = ({ call }: World, id: string) => call('bank', 'POST', `/v1/consents/${id}/withdraw`);

/** Withdrawn for good: told, no token, and nothing that comes later changes it. */
const staysWithdrawn = async (world: World, id: string, upstream: 'open' | 'closed') => {
  const { call, receiver, sandbox } = world;
  const { event } = await receiver.got('consent.withdrawn', id);
  const { body } = await call('bank', 'GET', `/v1/consents/${id}`);
  expect(body).toMatchObject({ status: 'withdrawn', upstream, problem: null });
  expect(event.data.consent).toMatchObject({ status: 'withdrawn', upstream, version: body['version'] });
  expect(await call('bank', 'POST', `/v1/consents/${id}/token`)).toMatchObject({
    status: 409,
    body: { type: '/problems/consent-not-accepted', consentId: id },
  });
  await sandbox.advance(3 * hour);
  await world.settled();
  expect((await call('bank', 'GET', `/v1/consents/${id}`)).body).toEqual(body);
  expect((await withdraw(world, id)).body).toEqual(body); // once more does no harm
  const { items } = (await call('bank', 'GET', '/v1/events?limit=200')).body as { items: Told[] };
  expect(items.filter(({ data }) => data.consent?.id === id).at(-1)?.type).toBe('consent.withdrawn');
};

hubTest('a consent that never left is withdrawn, and never leaves', async (world) => {
  const { call, sandbox, receiver } = world;
  await sandbox.fault('token', { kind: 'status', status: 503 }, 100);
  const asked = await call('bank', 'POST', '/v1/consents', given.ask(`${receiver.url}/done`));
  const id = String(asked.body['id']);
  await until('Maskinporten to be asked', async () => (await sandbox.calls('token')).length > 0);
  await world.settled();
  expect(await withdraw(world, id)).toMatchObject({ status: 200, body: { status: 'withdrawn', upstream: 'closed' } });
  await sandbox.clear();
  await staysWithdrawn(world, id, 'closed');
  expect(await sandbox.consents()).toEqual([]);
});

hubTest('withdrawn after Altinn’s answer was lost, it counts as open there', async (world) => {
  const { call, sandbox, receiver } = world;
  await sandbox.fault('create', { kind: 'reset', when: 'after' }, 100);
  const { body } = await call('bank', 'POST', '/v1/consents', given.ask(`${receiver.url}/done`));
  await until('Altinn to have it', async () => (await sandbox.consents()).length > 0);
  expect(await withdraw(world, String(body['id']))).toMatchObject({ body: { status: 'withdrawn', upstream: 'open' } });
});

hubTest('withdrawn after Altinn refused it, it is closed there', async (world) => {
  const { call, sandbox, receiver, banks } = world;
  await sandbox.refuse('ske-samtykke-sbl-inntekt', banks.bank.orgno);
  const ask = given.ask(`${receiver.url}/done`);
  const { body } = await call('bank', 'POST', '/v1/consents', ask, { prefer: 'wait=20' });
  expect(body['status']).toBe('blocked');
  expect(await withdraw(world, String(body['id']))).toMatchObject({ body: { upstream: 'closed' } });
});

hubTest('a blocked consent is withdrawn, and is not asked when access comes', async (world) => {
  const { call, sandbox, receiver, banks } = world;
  await sandbox.undelegate(banks.bank.orgno, operatorOrgno, 'altinn:consentrequests.write');
  const ask = given.ask(`${receiver.url}/done`);
  const { body } = await call('bank', 'POST', '/v1/consents', ask, { prefer: 'wait=20' });
  const id = String(body['id']);
  expect(body['status']).toBe('blocked');
  await withdraw(world, id);
  await sandbox.delegate(banks.bank.orgno, operatorOrgno, 'altinn:consentrequests.write');
  await call('bank', 'POST', '/v1/readiness/check');
  await staysWithdrawn(world, id, 'closed');
  expect(await sandbox.consents()).toEqual([]);
});

hubTest('a consent the person still sees is withdrawn, and a late yes changes nothing', async (world) => {
  const { sandbox } = world;
  const { id, approvalUrl } = await world.ask('bank');
  expect(await withdraw(world, id)).toMatchObject({ body: { upstream: 'open', version: 3 } });
  const landed = await world.answer(approvalUrl, 'accept');
  expect(landed.searchParams.get('status')).toBe('withdrawn');
  expect(await sandbox.consents()).toMatchObject([{ id, status: 'Accepted' }]);
  await staysWithdrawn(world, id, 'open');
});

hubTest('a consent that was given is withdrawn, and its token with it', async (world) => {
  const { call } = world;
  const { id, approvalUrl } = await world.ask('bank');
  await world.answer(approvalUrl, 'accept');
  await world.becomes('bank', id, 'accepted');
  expect((await call('bank', 'POST', `/v1/consents/${id}/token`)).status).toBe(200);
  expect(await withdraw(world, id)).toMatchObject({ body: { upstream: 'open', version: 4 } });
  await staysWithdrawn(world, id, 'open');
});

hubTest('withdrawn while Altinn is thinking: a yes there changes nothing here', async (world) => {
  const { call, sandbox, receiver } = world;
  await sandbox.fault('create', { kind: 'hold', when: 'after', name: 'thinking' });
  const { body } = await call('bank', 'POST', '/v1/consents', given.ask(`${receiver.url}/done`));
  const id = String(body['id']);
  await sandbox.parked('thinking');
  expect(await withdraw(world, id)).toMatchObject({ body: { status: 'withdrawn', upstream: 'open' } });
  await sandbox.release('thinking');
  await world.settled();
  expect(await sandbox.consents()).toMatchObject([{ id, status: 'Created' }]);
  await sandbox.person(id, 'accept');
  await sandbox.advance(3 * hour);
  await world.settled();
  expect(await world.status('bank', id)).toBe('withdrawn');
  expect((await call('bank', 'POST', `/v1/consents/${id}/token`)).status).toBe(409);
  await receiver.got('consent.withdrawn', id);
  expect(receiver.received).toHaveLength(1);
});

hubTest('what has ended another way cannot be withdrawn', async (world) => {
  const { sandbox } = world;
  const { id } = await world.ask('bank');
  await sandbox.person(id, 'reject');
  await sandbox.advance(minute);
  await world.becomes('bank', id, 'rejected');
  expect(await withdraw(world, id)).toMatchObject({
    status: 409,
    body: { type: '/problems/consent-ended', consentId: id },
  });
});
