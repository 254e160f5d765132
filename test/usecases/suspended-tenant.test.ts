import { expect } from 'vitest';
import { hubTest, type World } from '../support/hub-test.ts';
import { until } from '../support/until.ts';
import { rowsOf } from './rows.ts';

const hour = 60 * 60 * 1000;
const day = 24 * hour;

const suspend = ({ call, banks }: World) => call('operator', 'POST', `/operator/v1/tenants/${banks.bank.id}/suspend`);
const resume = ({ call, banks }: World) => call('operator', 'POST', `/operator/v1/tenants/${banks.bank.id}/resume`);
const rests = (world: World, job: string) =>
  until(`${job} to rest`, async () => {
    const found = await rowsOf(world, `select 1 from outbox where job = $1 and last_problem = 'tenant-suspended'`, [
      job,
    ]);
    return found.length > 0;
  });

hubTest(
  'a suspended tenant’s work rests, and goes on at once when it is resumed',
  async (world) => {
    const { sandbox, receiver } = world;
    receiver.answerWith(503);
    const { id } = await world.ask('bank');
    await until('a webhook that failed', () => receiver.received.length === 1);
    await suspend(world);
    // What was under way has ended.
    await world.settled();
    await sandbox.person(id, 'accept');
    await sandbox.forget();
    await sandbox.advance(2 * hour);
    await rests(world, 'read-consent');
    await rests(world, 'deliver-webhook');
    // The hour's look at the scope catalogue is the operator's own.
    expect((await sandbox.calls()).filter(({ on }) => on !== 'scopes')).toEqual([]);
    expect(receiver.received).toHaveLength(1);

    await resume(world);
    await receiver.got('consent.accepted', id);
    const requested = receiver.received.filter(({ event }) => event.type === 'consent.requested');
    expect(new Set(requested.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(requested).toHaveLength(2);
  },
  // It is suspended before the webhook is tried again, however long that takes.
  { HUB_WEBHOOK_SCHEDULE: '1h' },
);

hubTest('a person’s number is erased in its time, also when the tenant is suspended', async (world) => {
  const { id } = await world.ask('bank');
  await world.call('bank', 'POST', `/v1/consents/${id}/withdraw`);
  await suspend(world);
  await world.sandbox.advance(91 * day);
  await until('the number to be erased', async () => {
    const [row] = await rowsOf<{ gone: boolean }>(
      world,
      'select party_sealed is null as gone from consents where id = $1',
      [id],
    );
    return row?.gone;
  });
});
