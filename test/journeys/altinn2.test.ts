import { expect } from 'vitest';
import { given, persons } from '../support/given.ts';
import { hubTest, type World } from '../support/hub-test.ts';
import { altinn2Requests, offerBoth } from '../support/offer-both.ts';
import { until } from '../support/until.ts';
import { inTime, minute } from './in-time.ts';

/** Asks for a consent of Altinn 2 and waits no longer than it takes to be taken in. */
const ask = async (world: World, change: Record<string, unknown> = {}): Promise<string> => {
  const { call, receiver } = world;
  await offerBoth(world);
  const body = given.askOf('altinn2', `${receiver.url}/done`, change);
  const asked = await call('bank', 'POST', '/v1/consents', body);
  expect(asked.status).toBe(202);
  return String(asked.body['id']);
};

const codeOf = async ({ sandbox }: World): Promise<string> => {
  const [first, ...others] = await altinn2Requests(sandbox.url);
  expect(others).toEqual([]);
  return String(first?.code);
};

const withdraw = ({ call }: World, id: string) => call('bank', 'POST', `/v1/consents/${id}/withdraw`);

/** Altinn 2 has taken it back, and the tenant can see that. */
const isClosed = async ({ call, sandbox }: World, id: string): Promise<void> => {
  await until('it to be closed there too', async () => {
    const { body } = await call('bank', 'GET', `/v1/consents/${id}`);
    return body['upstream'] === 'closed';
  });
  for (const { ended } of await altinn2Requests(sandbox.url)) expect(ended).not.toBeNull();
};

hubTest('a request whose answer was lost is found by its return address, and told once', async (world) => {
  const { sandbox, receiver } = world;
  await sandbox.fault('altinn2-create', { kind: 'reset', when: 'after' });
  const id = await ask(world);
  const consent = await inTime(
    world,
    'it to be found',
    minute / 6,
    async () => (await world.status('bank', id)) === 'pending',
  );
  expect(consent).toBe(true);
  const code = await codeOf(world);
  const { event } = await receiver.got('consent.requested', id);
  expect(String(event.data.consent?.['approvalUrl'])).toContain(code);
  await world.answer(String(event.data.consent?.['approvalUrl']), 'accept');
  await world.becomes('bank', id, 'accepted');
  expect(await sandbox.calls('altinn2-create')).toHaveLength(1);
});

hubTest('a request that lands a minute after its caller was hung up on is found all the same', async (world) => {
  const { sandbox } = world;
  await sandbox.fault('altinn2-create', { kind: 'reset', when: 'late', lateMs: 60_000 });
  const id = await ask(world);
  await inTime(world, 'it to be found', minute / 6, async () => (await world.status('bank', id)) === 'pending');
  await codeOf(world);
  expect(await sandbox.calls('altinn2-create')).toHaveLength(1);
});

hubTest('one that is nowhere is given up after a quarter of an hour, and never sent again', async (world) => {
  const { call, sandbox, receiver } = world;
  await sandbox.fault('altinn2-create', { kind: 'reset', when: 'before' });
  const id = await ask(world);
  const sentAt = await sandbox.now();
  await inTime(world, 'it to be given up', minute, async () => (await world.status('bank', id)) === 'failed');
  expect((await sandbox.now()).getTime() - sentAt.getTime()).toBeGreaterThanOrEqual(15 * minute);
  const { body } = await call('bank', 'GET', `/v1/consents/${id}`);
  expect(body['problem']).toMatchObject({ type: '/problems/altinn2-outcome-unknown', mover: 'caller' });
  await receiver.got('consent.failed', id);
  expect(await sandbox.calls('altinn2-create')).toHaveLength(1);
  expect(await altinn2Requests(sandbox.url)).toEqual([]);
});

hubTest('while the list cannot be read nothing is given up', async (world) => {
  const { sandbox } = world;
  await sandbox.fault('altinn2-create', { kind: 'reset', when: 'after' });
  await sandbox.fault('altinn2-list', { kind: 'status', status: 503 }, 1000);
  const id = await ask(world);
  await until('the list to be asked for', async () => (await sandbox.calls('altinn2-list')).length > 0);
  await sandbox.advance(20 * minute);
  await until('the list to be asked for again', async () => (await sandbox.calls('altinn2-list')).length > 1);
  expect(await world.status('bank', id)).toBe('queued');
  await sandbox.clear();
  await inTime(world, 'it to be found', minute, async () => (await world.status('bank', id)) === 'pending');
});

hubTest(
  'what Altinn 2 refuses for good fails with the reason, and what it does not know by that name is said',
  async (world) => {
    const { call } = world;
    const id = await ask(world, { from: { person: persons.one, name: 'Somebody else' } });
    const failed = await world.becomes('bank', id, 'failed');
    expect(failed['problem']).toMatchObject({ type: '/problems/name-not-matched' });
    expect(JSON.stringify((await call('bank', 'GET', '/v1/events')).body)).not.toContain('Somebody else');
  },
);

hubTest('a request that nobody has answered is taken back at Altinn 2 when it is withdrawn', async (world) => {
  const id = await ask(world);
  await world.becomes('bank', id, 'pending');
  expect((await withdraw(world, id)).body).toMatchObject({ status: 'withdrawn', upstream: 'open' });
  await isClosed(world, id);
});

hubTest('a consent that was given is given back when it is withdrawn', async (world) => {
  const { call } = world;
  const id = await ask(world);
  const { approvalUrl } = await world.becomes('bank', id, 'pending');
  await world.answer(String(approvalUrl), 'accept');
  await world.becomes('bank', id, 'accepted');
  expect((await call('bank', 'POST', `/v1/consents/${id}/token`)).status).toBe(200);
  await withdraw(world, id);
  await isClosed(world, id);
  expect((await call('bank', 'POST', `/v1/consents/${id}/token`)).status).toBe(409);
});

hubTest('one whose answer was lost is found and taken back when it is withdrawn', async (world) => {
  const { sandbox } = world;
  await sandbox.fault('altinn2-create', { kind: 'reset', when: 'late', lateMs: 30_000 });
  const id = await ask(world);
  await until('it to be sent', async () => (await sandbox.calls('altinn2-create')).length > 0);
  expect((await withdraw(world, id)).body).toMatchObject({ status: 'withdrawn', upstream: 'open' });
  await inTime(world, 'it to be closed there too', minute / 6, async () => {
    const { body } = await world.call('bank', 'GET', `/v1/consents/${id}`);
    return body['upstream'] === 'closed';
  });
  await codeOf(world);
  await isClosed(world, id);
});

hubTest('who answers in Altinn 2’s portal is found by reading, and expiry is told', async (world) => {
  const { sandbox, receiver } = world;
  const id = await ask(world);
  const { approvalUrl } = await world.becomes('bank', id, 'pending');
  await sandbox.person(new URL(String(approvalUrl)).searchParams.get('id') ?? '', 'accept');
  await inTime(world, 'it to be read', minute / 6, async () => (await world.status('bank', id)) === 'accepted');
  await sandbox.advance(9 * 24 * 60 * minute + 5 * minute);
  await world.becomes('bank', id, 'expired');
  await receiver.got('consent.expired', id);
});
