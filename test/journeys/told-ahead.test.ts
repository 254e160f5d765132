import { expect } from 'vitest';
import { hubTest, type World } from '../support/hub-test.ts';
import { day, hour, inTime, minute } from './in-time.ts';

const inDays = (days: number) => new Date(Date.now() + days * day).toISOString();

const tellAhead = ({ call, banks }: World, expiringDays: number | null) =>
  call('operator', 'PATCH', `/operator/v1/tenants/${banks.bank.id}`, { expiringDays });

const accepted = async (world: World, validTo: string): Promise<string> => {
  const { id, approvalUrl } = await world.ask('bank', { validTo });
  await world.answer(approvalUrl, 'accept');
  await world.becomes('bank', id, 'accepted');
  return id;
};

/** What the bank's feed tells of a consent, in order. */
const eventsOf = async ({ call }: World, id: string) => {
  const { body } = await call('bank', 'GET', '/v1/events?limit=100');
  const items = body['items'] as { type: string; data: { consent?: { id: string; version: number } } }[];
  return items.filter(({ data }) => data.consent?.id === id).map(({ type, data }) => [type, data.consent?.version]);
};

hubTest(
  'that a consent ends soon is told as many days ahead as the tenant wants, once, and then its end',
  async (world) => {
    const { sandbox, receiver } = world;
    await tellAhead(world, 3);
    const id = await accepted(world, inDays(10));
    const { id: unanswered } = await world.ask('bank', { validTo: inDays(10) });
    await sandbox.advance(6.9 * day);
    await world.settled();
    expect(await eventsOf(world, id)).toHaveLength(2);
    await sandbox.advance(0.1 * day);
    const { event } = await receiver.got('consent.expiring', id);
    expect(event.data.consent).toMatchObject({ id, status: 'accepted', version: 4 });
    await sandbox.advance(2 * day);
    await world.settled();
    await sandbox.advance(day + minute);
    await world.becomes('bank', id, 'expired');
    await world.becomes('bank', unanswered, 'expired');
    expect(await eventsOf(world, id)).toEqual([
      ['consent.requested', 2],
      ['consent.accepted', 3],
      ['consent.expiring', 4],
      ['consent.expired', 5],
    ]);
    expect(await eventsOf(world, unanswered)).toEqual([
      ['consent.requested', 2],
      ['consent.expired', 3],
    ]);
  },
);

hubTest('who accepts when the end is near already is told of it at once', async (world) => {
  await tellAhead(world, 30);
  const id = await accepted(world, inDays(10));
  const { event } = await world.receiver.got('consent.expiring', id);
  expect(event.data.consent).toMatchObject({ status: 'accepted', version: 4 });
});

hubTest('it is told in time also while Altinn is away, and so is the end', async (world) => {
  const { sandbox, receiver } = world;
  await tellAhead(world, 3);
  const id = await accepted(world, inDays(10));
  await sandbox.fault('get', { kind: 'status', status: 503 }, 10_000);
  await sandbox.advance(7 * day - 10 * minute);
  await world.settled();
  expect(await eventsOf(world, id)).toHaveLength(2);
  await sandbox.advance(10 * minute);
  await receiver.got('consent.expiring', id);
  await sandbox.advance(3 * day - 5 * minute);
  await world.settled();
  await sandbox.advance(6 * minute);
  await world.becomes('bank', id, 'expired');
  await sandbox.clear();
});

hubTest('other days ahead count for consents that are there already, at their next look', async (world) => {
  const { sandbox } = world;
  const id = await accepted(world, inDays(10));
  await sandbox.advance(4 * day);
  await world.settled();
  await tellAhead(world, 7);
  expect(await eventsOf(world, id)).toHaveLength(2);
  await inTime(world, 'it to be told', 10 * minute, async () => (await eventsOf(world, id)).length === 3);
  expect((await sandbox.now()).getTime() - Date.now()).toBeLessThan(4 * day + 1.5 * hour);
  expect((await eventsOf(world, id)).at(-1)).toEqual(['consent.expiring', 4]);
});
