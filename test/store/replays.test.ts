import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type EventType, eventTypes } from '../../src/domain/event.ts';
import { mostReplayed, replayEveryMs } from '../../src/domain/replay.ts';
import type { ReplayWish } from '../../src/usecases/replay-port.ts';
import { type GivenDeliveries, givenDeliveries } from './given-deliveries.ts';
import { later, now } from './given-store.ts';

const hour = 3_600_000;
let given: GivenDeliveries;
beforeEach(async () => {
  given = await givenDeliveries();
});
afterEach(() => given.close());

type Wish = Partial<Omit<ReplayWish, 'endpointId'>>;
const wishOf = (endpointId: string, wish: Wish = {}): ReplayWish => ({
  endpointId,
  since: later(-hour),
  until: later(hour),
  types: [...eventTypes],
  ...wish,
});
const replay = (endpointId: string, wish?: Wish, at = later(hour), most = mostReplayed) =>
  given.store.asTenant(given.tenantId, async (rows) => {
    await rows.endpoints.keep(endpointId);
    return rows.replays.owe(wishOf(endpointId, wish), most, replayEveryMs, at);
  });
const count = (endpointId: string, wish?: Wish, most = mostReplayed) =>
  given.store.asTenant(given.tenantId, (rows) => rows.replays.count(wishOf(endpointId, wish), most));

type Row = { sequence: string; status: string; replay: boolean; lane: string; next_at: Date | null; id: string };
const deliveries = (endpointId: string) =>
  given.rows<Row>('select * from webhook_deliveries where endpoint_id = $1 order by sequence, created_at, replay', [
    endpointId,
  ]);

/** Each hand-out is taken by the receiver; the events in the order they went. */
const deliverAll = async (at: Date): Promise<string[]> => {
  const sent: string[] = [];
  for (;;) {
    const handOuts = await given.claim(at);
    if (handOuts.length === 0) return sent;
    for (const handOut of handOuts) {
      const due = await given.due(handOut.subjectId, at);
      if (!('delivery' in due)) throw new Error(`nothing to send: ${JSON.stringify(due)}`);
      sent.push(due.delivery.event.id);
      await given.answered(handOut, { status: 204 }, at, due.delivery);
    }
  }
};

test('what happened before there was an endpoint is sent to it, spaced, and in order within a consent', async () => {
  const [one, other] = [randomUUID(), randomUUID()];
  const ids = await given.events([one, other, one, undefined, one]);
  const id = await given.endpoint();
  expect(await count(id)).toBe(5);
  expect(await deliveries(id)).toEqual([]);
  expect(await replay(id)).toBe(5);
  const rows = await deliveries(id);
  expect(rows.map(({ next_at }) => Number(next_at) - later(hour).getTime())).toEqual([0, 50, 100, 150, 200]);
  expect(rows.every((row) => row.replay && row.status === 'pending')).toBe(true);
  expect(new Set(rows.map(({ lane }) => lane)).size).toBe(3);
  expect(await given.claim(later(hour))).toHaveLength(1);
  expect((await given.rows('select 1 from outbox')).length).toBe(3);
  await given.rows('update outbox set leased_until = null');
  const sent = await deliverAll(later(hour + 1000));
  const places = [0, 2, 4].map((place) => sent.indexOf(ids[place] ?? ''));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect([...sent].sort()).toEqual([...ids].sort());
});

test('what was delivered or given up goes once more, and what is on its way is not doubled', async () => {
  const id = await given.endpoint();
  const [consent, waiting] = [randomUUID(), randomUUID()];
  await given.events([consent]);
  await deliverAll(now);
  await given.events([undefined]);
  await given.rows("update webhook_deliveries set status = 'given-up', next_at = null where status = 'pending'");
  await given.rows('delete from outbox');
  await given.events([waiting]);
  expect(await replay(id)).toBe(2);
  expect((await deliveries(id)).map(({ sequence, status, replay }) => [sequence, status, replay])).toEqual([
    ['1', 'delivered', false],
    ['1', 'pending', true],
    ['2', 'given-up', false],
    ['2', 'pending', true],
    ['3', 'pending', false],
  ]);
  expect([await count(id), await replay(id)]).toEqual([0, 0]);
});

test('what is held goes itself, in the lane of the replay, and gets all its time anew', async () => {
  const id = await given.endpoint();
  const consent = randomUUID();
  await given.store.asTenant(given.tenantId, (rows) => rows.endpoints.disable(id));
  await given.events([consent, undefined, consent]);
  const before = await deliveries(id);
  expect(before.map(({ status }) => status)).toEqual(['held', 'held', 'held']);
  await given.store.asTenant(given.tenantId, (rows) => rows.endpoints.enable(id, now));
  expect(await replay(id)).toBe(3);
  const after = await deliveries(id);
  expect(after.map(({ id, status, replay }) => [id, status, replay])).toEqual(
    before.map(({ id }) => [id, 'pending', true]),
  );
  expect(after[0]?.lane).toBe(after[2]?.lane);
  expect(after[0]?.lane).not.toBe(before[0]?.lane);
  expect(after[1]?.lane).toBe(after[1]?.id);
  expect(await deliverAll(later(2 * hour))).toHaveLength(3);
});

test('a replay is of a time, of types, and of a consent', async () => {
  const consent = randomUUID();
  await given.events([consent], later(-2 * hour));
  await given.events([consent, undefined, randomUUID()]);
  await given.events([consent], later(hour));
  const id = await given.endpoint();
  expect(await count(id)).toBe(3);
  expect(await count(id, { since: now, until: later(hour + 1) })).toBe(4);
  expect(await count(id, { since: later(-2 * hour), until: now })).toBe(1);
  expect(await count(id, { types: ['access.lost'] })).toBe(1);
  expect(await count(id, { consentId: consent })).toBe(1);
  expect(await count(id, { consentId: consent, since: later(-2 * hour), until: later(2 * hour) })).toBe(3);
  expect(await count(id, { types: [] })).toBe(0);
  expect(await replay(id, { consentId: consent })).toBe(1);
  expect((await deliveries(id)).map(({ sequence }) => sequence)).toEqual(['2']);
});

test('what speaks of an endpoint goes only where it went before', async () => {
  const [one, other] = [await given.endpoint(), await given.endpoint()];
  const told = (type: EventType, data: object, endpoint?: string) =>
    given.store.asTenant(given.tenantId, (rows) =>
      rows.events.append([{ id: randomUUID(), type, data, ...(endpoint ? { endpoint } : {}) } as never], now),
    );
  await told('ping', { endpoint: one }, one);
  await told('webhook.failing', { endpoint: other });
  await deliverAll(now);
  const late = await given.endpoint();
  expect([await count(one), await count(other), await count(late)]).toEqual([2, 0, 0]);
});

test('more than may be sent at once are refused whole, and another tenant’s are not there', async () => {
  await given.events([undefined, undefined, undefined]);
  const id = await given.endpoint();
  expect([await count(id, {}, 2), await replay(id, {}, now, 2)]).toEqual([3, 3]);
  expect(await deliveries(id)).toEqual([]);
  const stranger = randomUUID();
  expect(await given.store.asTenant(stranger, (rows) => rows.replays.count(wishOf(id), 9))).toBe(0);
});

test('replays at the same moment send nothing twice, and one follows the other', async () => {
  const [one, other] = [randomUUID(), randomUUID()];
  await given.events([...Array(30).fill(one), ...Array(30).fill(other)]);
  const id = await given.endpoint();
  const wishes = [{ consentId: one }, { consentId: one }, { consentId: other }, {}];
  const counts = await Promise.all(wishes.map((wish) => replay(id, wish)));
  expect(counts.reduce((sum, many) => sum + many, 0)).toBe(60);
  const rows = await deliveries(id);
  expect(new Set(rows.map(({ sequence }) => sequence)).size).toBe(60);
  const times = rows.map(({ next_at }) => Number(next_at)).sort((a, b) => a - b);
  expect(times.map((time) => (time - later(hour).getTime()) / replayEveryMs)).toEqual(times.map((_, place) => place));
});

test('as many as may be are owed in one go', { timeout: 180_000 }, async () => {
  await given.rows(
    `insert into events (tenant_id, sequence, id, type, timestamp, consent_id, data)
     select $1, n, gen_random_uuid(), 'consent.accepted', $2, md5((n % 20000)::text)::uuid, '{}' from generate_series(1, $3::int) n`,
    [given.tenantId, now, mostReplayed],
  );
  const id = await given.endpoint();
  expect(await replay(id)).toBe(mostReplayed);
  expect(await given.rows('select count(*)::int as many from webhook_deliveries')).toEqual([{ many: mostReplayed }]);
  expect(await given.rows('select count(*)::int as many from outbox')).toEqual([{ many: 20_000 }]);
});
