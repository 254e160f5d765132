import { expect } from 'vitest';
import { hubTest, type World } from '../support/hub-test.ts';
import type { Received } from '../support/receiver.ts';
import { until } from '../support/until.ts';
import { rowsOf } from '../usecases/rows.ts';
import { day, hour, minute } from './in-time.ts';

const base = '/v1/webhook-endpoints';
type Delivery = { id: string; status: string; replay: boolean; event: { id: string; type: string; sequence: number } };

const isoAgo = async ({ sandbox }: World, ms: number) => new Date((await sandbox.now()).getTime() - ms).toISOString();
const replay = async (world: World, id: string, body: object) =>
  world.call('bank', 'POST', `${base}/${id}/replay`, { since: await isoAgo(world, hour), ...body });
const sentAgain = ({ receiver }: World): Received[] =>
  receiver.received.filter(({ headers }) => headers['hub-replay'] === 'true');
const deliveriesTo = async ({ call }: World, id: string, query = '') =>
  (await call('bank', 'GET', `${base}/${id}/deliveries${query}`)).body['items'] as Delivery[];

/** Two consents with a story each. */
const stories = async (world: World): Promise<[string, string]> => {
  const one = await world.ask('bank');
  await world.answer(one.approvalUrl, 'accept');
  await world.becomes('bank', one.id, 'accepted');
  const other = await world.ask('bank');
  await world.call('bank', 'POST', `/v1/consents/${other.id}/withdraw`);
  await world.receiver.got('consent.withdrawn', other.id);
  await world.settled();
  await world.sandbox.advance(1000);
  return [one.id, other.id];
};

hubTest(
  'a new endpoint is told what happened before: counted first, under the same ids, marked and in order',
  async (world) => {
    const { call, receiver } = world;
    await stories(world);
    const first = receiver.received.map(({ headers }) => headers['webhook-id']);
    const made = await call('bank', 'POST', base, { url: `${receiver.url}/new` });
    const id = String(made.body['id']);
    const dry = await replay(world, id, { dryRun: true });
    expect([dry.status, dry.body]).toEqual([200, { count: 4 }]);
    await world.settled();
    expect(sentAgain(world)).toEqual([]);
    const told = await replay(world, id, {});
    expect([told.status, told.body]).toEqual([202, { count: 4 }]);
    await world.sandbox.advance(minute);
    await until('all four', () => sentAgain(world).length === 4);
    await world.settled();
    expect(
      sentAgain(world)
        .map(({ headers }) => headers['webhook-id'])
        .sort(),
    ).toEqual([...first].sort());
    for (const consent of new Set(sentAgain(world).map(({ event }) => event.data.consent?.['id']))) {
      const versions = sentAgain(world)
        .filter(({ event }) => event.data.consent?.['id'] === consent)
        .map(({ event }) => Number(event.data.consent?.['version']));
      expect(versions).toEqual([...versions].sort((a, b) => a - b));
      expect(versions).toHaveLength(2);
    }
    expect(await deliveriesTo(world, id)).toMatchObject(
      [4, 3, 2, 1].map((sequence) => ({ event: { sequence }, replay: true, status: 'delivered' })),
    );
    const audit = (await call('operator', 'GET', '/operator/v1/audit?action=webhook-endpoint.replayed')).body['items'];
    expect(audit).toMatchObject([
      { target: id, details: { dryRun: false, count: 4 } },
      { target: id, details: { dryRun: true, count: 4 } },
    ]);
  },
);

hubTest('what was held while an endpoint was disabled is sent when it is asked for', async (world) => {
  const { call, receiver, webhook } = world;
  const path = `${base}/${webhook.id}`;
  await call('bank', 'PATCH', path, { status: 'disabled' });
  const { id } = await world.ask('bank');
  await world.settled();
  expect(await replay(world, webhook.id, {})).toMatchObject({
    status: 409,
    body: { type: '/problems/webhook-endpoint-disabled' },
  });
  await call('bank', 'PATCH', path, { status: 'enabled' });
  await world.settled();
  expect(receiver.received).toEqual([]);
  const [held] = await deliveriesTo(world, webhook.id, '?status=held');
  await world.sandbox.advance(1000);
  expect((await replay(world, webhook.id, { consentId: id })).body).toEqual({ count: 1 });
  await world.sandbox.advance(minute);
  await receiver.got('consent.requested', id);
  await world.settled();
  expect(await deliveriesTo(world, webhook.id)).toMatchObject([{ id: held?.id, status: 'delivered', replay: true }]);
  expect(sentAgain(world)).toHaveLength(1);
});

hubTest('the log of deliveries is read by status, type and consent, page by page, and one by one', async (world) => {
  const { call, webhook } = world;
  const [one, other] = await stories(world);
  await replay(world, webhook.id, {});
  await world.sandbox.advance(minute);
  await until('all four', () => sentAgain(world).length === 4);
  await world.settled();
  const sequences = async (query: string) =>
    (await deliveriesTo(world, webhook.id, query)).map(({ event }) => event.sequence);
  expect(await sequences('')).toEqual([4, 4, 3, 3, 2, 2, 1, 1]);
  expect(await sequences('?status=pending')).toEqual([]);
  expect(await sequences('?status=delivered&type=consent.accepted')).toEqual([2, 2]);
  expect(await sequences(`?consentId=${one}`)).toEqual([2, 2, 1, 1]);
  expect(await sequences(`?consentId=${other}&type=consent.withdrawn`)).toEqual([4, 4]);
  const read: string[] = [];
  let page = await call('bank', 'GET', `${base}/${webhook.id}/deliveries?limit=3`);
  for (;;) {
    read.push(...(page.body['items'] as Delivery[]).map(({ id }) => id));
    if (page.body['next'] === null) break;
    page = await call('bank', 'GET', `${base}/${webhook.id}/deliveries?limit=3&cursor=${page.body['next']}`);
  }
  expect(read).toEqual((await deliveriesTo(world, webhook.id)).map(({ id }) => id));
  expect(new Set(read).size).toBe(8);
  const [first] = await deliveriesTo(world, webhook.id);
  expect((await call('bank', 'GET', `/v1/deliveries/${first?.id}`)).body).toEqual(first);
  expect(await call('insurer', 'GET', `/v1/deliveries/${first?.id}`)).toMatchObject({
    status: 404,
    body: { type: '/problems/delivery-not-found' },
  });
  expect((await call('bank', 'GET', `${base}/${webhook.id}/deliveries?status=lost`)).status).toBe(422);
  expect((await call('bank', 'GET', `${base}/${webhook.id}/deliveries?cursor=elsewhere`)).body).toMatchObject({
    type: '/problems/cursor-invalid',
  });
});

hubTest('a replay that cannot be is refused, each with its own word', async (world) => {
  const { webhook, call } = world;
  const refused = async (body: object, id = webhook.id) => (await replay(world, id, body)).body;
  expect(await refused({})).toMatchObject({ type: '/problems/replay-empty' });
  await stories(world);
  const tomorrow = await isoAgo(world, -day);
  expect(await refused({ since: tomorrow })).toMatchObject({
    type: '/problems/replay-period-invalid',
    errors: [{ field: '/since' }],
  });
  expect(await refused({ until: await isoAgo(world, 2 * hour) })).toMatchObject({
    type: '/problems/replay-period-invalid',
    errors: [{ field: '/until' }],
  });
  expect(await refused({ types: ['consent.given'] })).toMatchObject({ type: '/problems/request-invalid' });
  expect(await refused({ types: ['consent.rejected'] })).toMatchObject({ type: '/problems/replay-empty' });
  expect(await refused({ types: ['consent.rejected'], dryRun: true })).toEqual({ count: 0 });
  expect(await refused({ since: 'yesterday' })).toMatchObject({ type: '/problems/request-invalid' });
  expect(await refused({}, '0193627c-9c3e-7d1a-b0a4-6f8f2a1c5e77')).toMatchObject({
    type: '/problems/webhook-endpoint-not-found',
  });
  const few = await call('bank', 'POST', base, { url: 'http://localhost:1/', events: ['consent.withdrawn'] });
  const fewId = String(few.body['id']);
  expect(await refused({ dryRun: true }, fewId)).toEqual({ count: 1 });
  expect(await refused({ dryRun: true, types: ['consent.accepted'] }, fewId)).toEqual({ count: 0 });
  expect(
    await call('insurer', 'POST', `${base}/${webhook.id}/replay`, { since: await isoAgo(world, hour) }),
  ).toMatchObject({ status: 404 });
});

hubTest('a replay of what is kept no longer says since when it is', async (world) => {
  const { banks, webhook } = world;
  // As if the first ten had been dropped.
  await rowsOf(world, 'update tenant_counters set last_sequence = 10 where tenant_id = $1', [banks.bank.id]);
  await stories(world);
  const { body } = await replay(world, webhook.id, { dryRun: true });
  expect(body).toMatchObject({
    type: '/problems/replay-too-old',
    errors: [{ field: '/since', code: 'replay-too-old' }],
  });
  const [, oldest] = /before (\S+Z)/.exec(String(body['detail'])) ?? [];
  expect((await replay(world, webhook.id, { since: oldest, dryRun: true })).body).toEqual({ count: 4 });
});
