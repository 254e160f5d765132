import { expect } from 'vitest';
import { hubTest, type World } from '../support/hub-test.ts';
import { hour, inTime, minute, second } from './in-time.ts';

const base = '/v1/webhook-endpoints';
type Delivery = {
  id: string;
  status: string;
  gaveUp: string[];
  event: { id: string; type: string; sequence: number };
  attempts: { at: string; httpStatus: number | null }[];
};
type Told = { id: string; type: string; sequence: number; data: { endpoint?: string; consent?: { id: string } } };

/** Newest first. */
const deliveriesTo = async ({ call }: World, endpoint: string) =>
  (await call('bank', 'GET', `${base}/${endpoint}/deliveries?limit=100`)).body['items'] as Delivery[];
const endpoint = async ({ call, webhook }: World) => (await call('bank', 'GET', `${base}/${webhook.id}`)).body;
const toldOf = async ({ call, webhook }: World): Promise<string[]> =>
  ((await call('bank', 'GET', '/v1/events?limit=200')).body['items'] as Told[])
    .filter(({ type, data }) => type.startsWith('webhook.') && data.endpoint === webhook.id)
    .map(({ type }) => type);
const retry = ({ call }: World, id: string | undefined) => call('bank', 'POST', `/v1/deliveries/${id}/retry`);
const withdraw = ({ call }: World, id: string) => call('bank', 'POST', `/v1/consents/${id}/withdraw`);

hubTest(
  'a receiver that is down for two days gets every event with its one id, in order for each consent, and none again after it took it',
  async (world) => {
    const { receiver, sandbox, webhook } = world;
    receiver.usuallyAnswer(503);
    const ids: string[] = [];
    for (let many = 0; many < 5; many += 1) ids.push((await world.ask('bank')).id);
    for (const id of ids) await withdraw(world, id);
    await world.settled();
    for (let hours = 0; hours < 48; hours += 3) {
      await sandbox.advance(3 * hour);
      await world.settled();
    }
    expect(await toldOf(world)).toEqual(['webhook.failing']);
    expect(await endpoint(world)).toMatchObject({ status: 'enabled', health: { pending: 10, lastDeliveredAt: null } });
    // One at a time tried while it was down, none of them more often than the schedule says.
    for (const { attempts } of await deliveriesTo(world, webhook.id)) expect(attempts.length).toBeLessThanOrEqual(11);

    const before = receiver.received.length;
    receiver.usuallyAnswer(204);
    await inTime(world, 'all to arrive', minute, async () =>
      (await deliveriesTo(world, webhook.id)).every(({ status }) => status === 'delivered'),
    );
    await sandbox.advance(hour);
    await world.settled();
    const taken = receiver.received.slice(before);
    expect(new Set(taken.map(({ headers }) => headers['webhook-id'])).size).toBe(10);
    expect(taken).toHaveLength(10);
    for (const { event, headers } of taken) expect(headers['webhook-id']).toBe(event.id);
    for (const id of ids)
      expect(
        receiver.received
          .slice(before)
          .filter(({ event }) => event.data.consent?.['id'] === id)
          .map(({ event }) => event.type),
      ).toEqual(['consent.requested', 'consent.withdrawn']);
    expect(await toldOf(world)).toEqual(['webhook.failing', 'webhook.recovered']);
    expect(await endpoint(world)).toMatchObject({
      health: { failuresInARow: 0, failingSince: null, pending: 0, lastDeliveredAt: expect.any(String) },
    });
    // What speaks of the endpoint is not sent to it.
    expect(receiver.received.filter(({ event }) => event.type.startsWith('webhook.'))).toEqual([]);
  },
);

hubTest('the next event of a consent waits for the one before, and goes on once that is given up', async (world) => {
  const { receiver, webhook } = world;
  receiver.usuallyAnswer(404);
  const { id } = await world.ask('bank');
  await withdraw(world, id);
  const states = async () => (await deliveriesTo(world, webhook.id)).map(({ status }) => status);
  await inTime(world, 'the first to be given up', 6 * hour, async () => (await states())[1] === 'given-up');
  expect(receiver.received.every(({ event }) => event.type === 'consent.requested')).toBe(true);
  receiver.usuallyAnswer(204);
  await inTime(world, 'the next to arrive', hour, async () => (await states())[0] === 'delivered');
  const [next, first] = await deliveriesTo(world, webhook.id);
  expect(next).toMatchObject({ event: { type: 'consent.withdrawn' }, gaveUp: [first?.event.id] });
  expect(receiver.received.at(-1)?.headers['hub-gave-up']).toBe(first?.event.id);
  // It can still be had.
  expect((await retry(world, first?.id)).status).toBe(202);
  await world.settled();
  expect((await states())[1]).toBe('delivered');
  expect(receiver.received.at(-1)?.headers['webhook-id']).toBe(first?.event.id);
});

hubTest('410 disables an endpoint; what is held meanwhile is kept, and sent when it is asked for', async (world) => {
  const { call, receiver, webhook } = world;
  receiver.answerWith(410);
  const { id } = await world.ask('bank');
  await world.settled();
  expect(await endpoint(world)).toMatchObject({ status: 'disabled', disabledReason: 'gone', health: { held: 1 } });
  await withdraw(world, id);
  await world.settled();
  expect(receiver.received).toHaveLength(1);
  expect((await deliveriesTo(world, webhook.id)).map(({ status }) => status)).toEqual(['held', 'held']);
  expect(await toldOf(world)).toEqual(['webhook.disabled']);
  const [withdrawn, requested] = await deliveriesTo(world, webhook.id);
  expect(await retry(world, requested?.id)).toMatchObject({
    status: 409,
    body: { type: '/problems/webhook-endpoint-disabled' },
  });
  // A test message is sent all the same.
  await call('bank', 'POST', `${base}/${webhook.id}/test`);
  await receiver.got('ping');

  const { body } = await call('bank', 'PATCH', `${base}/${webhook.id}`, { status: 'enabled' });
  expect(body).toMatchObject({ status: 'enabled', disabledReason: null, health: { held: 2 } });
  await world.settled();
  expect(receiver.received).toHaveLength(2);
  expect((await retry(world, requested?.id)).status).toBe(202);
  expect((await retry(world, withdrawn?.id)).status).toBe(202);
  await world.settled();
  expect(receiver.received.slice(2).map(({ event }) => event.type)).toEqual(['consent.requested', 'consent.withdrawn']);
  expect(await toldOf(world)).toEqual(['webhook.disabled']);
});

hubTest('a bank’s own switch holds what is pending, and is told of once', async (world) => {
  const { call, receiver, webhook } = world;
  receiver.usuallyAnswer(500);
  await world.ask('bank');
  await world.settled();
  const turn = (status: string) => call('bank', 'PATCH', `${base}/${webhook.id}`, { status });
  expect((await turn('disabled')).body).toMatchObject({ disabledReason: 'tenant', health: { pending: 0, held: 1 } });
  await turn('disabled');
  await world.settled();
  expect((await deliveriesTo(world, webhook.id)).map(({ status }) => status)).toEqual(['held']);
  expect(await toldOf(world)).toEqual(['webhook.disabled']);
  receiver.usuallyAnswer(204);
  const before = receiver.received.length;
  await turn('enabled');
  const { id } = await world.ask('bank');
  await receiver.got('consent.requested', id);
  await call('bank', 'DELETE', `${base}/${webhook.id}`);
  await world.settled();
  expect(receiver.received).toHaveLength(before + 1);
});

hubTest(
  'a rest the receiver asks for is kept for all that goes there, unless its bank asks for a try',
  async (world) => {
    const { receiver, sandbox, webhook } = world;
    receiver.answerWith({ status: 503, headers: { 'retry-after': '1200' } });
    await world.ask('bank');
    await world.settled();
    for (const _ of [1, 2]) await world.ask('bank');
    await world.settled();
    expect(receiver.received).toHaveLength(1);
    expect(await endpoint(world)).toMatchObject({ health: { restsUntil: expect.any(String), pending: 3 } });
    await sandbox.advance(19 * minute);
    await world.settled();
    expect(receiver.received).toHaveLength(1);
    const [newest] = await deliveriesTo(world, webhook.id);
    await retry(world, newest?.id);
    await inTime(world, 'all to arrive', second, async () =>
      (await deliveriesTo(world, webhook.id)).every(({ status }) => status === 'delivered'),
    );
    expect(receiver.received).toHaveLength(4);
  },
);

hubTest('an endpoint is sent to no faster than its bank wants', async (world) => {
  const { call, receiver, webhook } = world;
  const path = `${base}/${webhook.id}`;
  for (const ratePerSecond of [0, 1001, 2.5])
    expect((await call('bank', 'PATCH', path, { ratePerSecond })).status).toBe(422);
  expect((await call('bank', 'PATCH', path, { ratePerSecond: 4 })).body).toMatchObject({ ratePerSecond: 4 });
  receiver.usuallyAnswer(200);
  await Promise.all(Array.from({ length: 10 }, () => world.ask('bank')));
  await inTime(world, 'all to arrive', 0, async () => receiver.received.length === 10);
  await world.settled();
  const times = (await deliveriesTo(world, webhook.id)).map(({ attempts }) => Date.parse(attempts[0]?.at ?? '')).sort();
  for (const from of times) expect(times.filter((at) => at >= from && at < from + 1000).length).toBeLessThanOrEqual(7);
  expect((await call('bank', 'PATCH', path, { ratePerSecond: null })).body).toMatchObject({ ratePerSecond: null });
});
