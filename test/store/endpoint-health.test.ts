import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { endpointRules } from '../../src/domain/endpoint-health.ts';
import type { HandOut } from '../../src/usecases/outbox-port.ts';
import { type GivenDeliveries, givenDeliveries } from './given-deliveries.ts';
import { later, now } from './given-store.ts';

let given: GivenDeliveries;
beforeEach(async () => {
  given = await givenDeliveries();
});
afterEach(() => given.close());

const consents = (many: number) => Array.from({ length: many }, () => randomUUID());
const news = (id: string) => given.store.asTenant(given.tenantId, (rows) => rows.endpoints.news(id));
const health = async (id: string) =>
  (await given.store.asTenant(given.tenantId, (rows) => rows.endpoints.find(id)))?.health;
const settle = (handOut: HandOut) => given.store.outbox.settle('deliver-webhook', handOut);
/** What a worker does with all that is handed out at that time: how many were sent. */
const round = async (
  at: Date,
  status: number | undefined,
  more: { retryAfterSeconds?: number } = {},
): Promise<number> => {
  let sent = 0;
  for (const handOut of await given.claim(at)) {
    const { tenantId, subjectId } = handOut;
    const due = await given.due(subjectId, at);
    const passed = due.verdict === 'gate' ? await given.store.passGate(tenantId, subjectId, at) : due;
    if (passed.verdict === 'idle') await settle(handOut);
    else if (passed.verdict === 'wait') await given.store.outbox.settle('deliver-webhook', handOut, passed.until);
    else {
      sent += 1;
      await given.answered(handOut, { ...(status === undefined ? {} : { status }), ...more }, at);
    }
  }
  return sent;
};
const owe = (id: string, at: Date) =>
  given.store.asTenant(given.tenantId, (rows) => rows.outbox.owe('tend-webhook-endpoint', id, at, at));
/** A tenth of a second after the other, with the endpoint's own work whenever it is due; when each was sent. */
const live = async (id: string, from: Date, forMs: number): Promise<number[]> => {
  const sentAt: number[] = [];
  for (let ms = 0; ms <= forMs; ms += 100) {
    const at = new Date(from.getTime() + ms);
    const due = await given.rows(
      `delete from outbox where job = 'tend-webhook-endpoint' and due_at <= $1 returning 1`,
      [at],
    );
    const next = due.length > 0 ? await given.tend(id, at) : undefined;
    if (next) await owe(id, next);
    const sent = await round(at, 200);
    for (let one = 0; one < sent; one += 1) sentAt.push(ms);
  }
  return sentAt;
};
/** Five in a row, over more than half a minute. */
const makeFail = async (): Promise<void> => {
  await round(now, 500);
  await round(later(6000), 500);
  await round(later(80_000), 500);
  await round(later(150_000), 500);
  await round(later(220_000), 500);
};

test('five failures in a row over half a minute make it failing, once; a success makes it well, once', async () => {
  const id = await given.endpoint();
  await given.events(consents(1));
  await round(now, 500);
  expect(await news(id)).toBeUndefined();
  await given.events(consents(10));
  await round(later(1000), undefined);
  expect(await news(id)).toBeUndefined(); // many, and all within a moment
  for (const at of [40_000, 80_000, 160_000, 240_000, 320_000]) await round(later(at), 503);
  expect(await news(id)).toMatchObject({ type: 'webhook.failing', failures: expect.any(Number), since: now });
  expect(await news(id)).toBeUndefined();
  expect(await health(id)).toMatchObject({ failingSince: now, restsUntil: expect.any(Date), pending: 11 });
  const at = later(24 * 3_600_000);
  await given.tend(id, at);
  expect(await round(at, 200)).toBe(1);
  expect(await news(id)).toMatchObject({ type: 'webhook.recovered', since: now });
  expect(await news(id)).toBeUndefined();
});

test('while it rests nothing is sent and nothing counted; then one tries, and only its success lets the others go', async () => {
  const id = await given.endpoint();
  await given.events(consents(1));
  await makeFail();
  const at = later(221_000);
  await given.events(consents(20), at);
  expect(await round(at, 200)).toBe(0);
  expect(await given.claim(at)).toEqual([]); // parked: they come back when they may go
  const [{ many } = { many: 0 }] = await given.rows<{ many: number }>(
    'select count(*)::int as many from webhook_attempts',
  );
  expect(many).toBe(5);
  let rest = await given.tend(id, at);
  for (const expected of [5, 10, 20]) {
    const over = rest as Date;
    await given.tend(id, over);
    expect(await round(over, 500)).toBe(1);
    expect((await health(id))?.restsUntil).toEqual(new Date(over.getTime() + expected * 2 * 1000));
    rest = await given.tend(id, over);
  }
  const over = rest as Date;
  await given.tend(id, over);
  expect(await round(over, 200)).toBe(1);
  // In the order of events, faster and faster.
  await owe(id, over);
  await live(id, over, 15_000);
  expect((await given.statuses()).filter((status) => status !== 'delivered')).toEqual([]);
  const order = await given.rows<{ sequence: string }>(
    `select sequence from webhook_deliveries where delivered_at > $1 order by delivered_at, sequence`,
    [over],
  );
  expect(order.map(({ sequence }) => Number(sequence))).toEqual(
    order.map(({ sequence }) => Number(sequence)).sort((a, b) => a - b),
  );
});

test('a rest that the receiver asked for is the whole endpoint’s', async () => {
  const id = await given.endpoint();
  await given.events(consents(1));
  await round(now, 503, { retryAfterSeconds: 120 });
  await given.events(consents(3), later(1000));
  expect(await round(later(1000), 200)).toBe(0);
  expect(await given.tend(id, later(1000))).toEqual(later(120_000));
  for (const at of [120_000, 122_000, 124_000, 126_000]) {
    await given.tend(id, later(at));
    await round(later(at), 200);
  }
  expect(await given.statuses()).toEqual(['delivered', 'delivered', 'delivered', 'delivered']);
  expect(await news(id)).toBeUndefined();
});

test('410 disables, what is pending and what comes is held, and nothing speaks of it to itself', async () => {
  const id = await given.endpoint();
  const other = await given.endpoint();
  await given.events(consents(3));
  const [first, ...rest] = await given.claim();
  const toIt = async (handOut: HandOut) => {
    const due = await given.due(handOut.subjectId);
    return 'delivery' in due && due.delivery.endpoint.id === id;
  };
  const mine: HandOut[] = [];
  for (const handOut of [first as HandOut, ...rest]) if (await toIt(handOut)) mine.push(handOut);
  await given.answered(mine[0] as HandOut, { status: 410 });
  expect(await news(id)).toMatchObject({ type: 'webhook.disabled', reason: 'gone' });
  await given.events(consents(2));
  await given.store.asTenant(given.tenantId, (rows) =>
    rows.events.append(
      [{ id: randomUUID(), type: 'webhook.disabled', data: { endpoint: id, host: 'bank.example' } }],
      now,
    ),
  );
  const of = async (endpoint: string) =>
    (
      await given.rows<{ status: string }>(
        'select status from webhook_deliveries where endpoint_id = $1 order by sequence',
        [endpoint],
      )
    ).map(({ status }) => status);
  expect(await of(id)).toEqual(['held', 'held', 'held', 'held', 'held']);
  expect(await of(other)).toHaveLength(6);
  expect(await health(id)).toMatchObject({ pending: 0, held: 5 });
});

test('a rate is kept: some are given their moment, the rest park and go on by themselves', async () => {
  const id = await given.endpoint({ ratePerSecond: 10 });
  await given.events(consents(300));
  const sentAt = await live(id, now, 32_000);
  expect(sentAt).toHaveLength(300);
  for (let from = 0; from < 30_000; from += 1000)
    expect(sentAt.filter((ms) => ms >= from && ms < from + 1000).length).toBeLessThanOrEqual(11);
  expect(sentAt.at(-1)).toBeLessThanOrEqual(31_000);
}, 60_000);

test('turns that all come late, after a standstill, are not all taken at once', async () => {
  await given.endpoint({ ratePerSecond: 10 });
  await given.events(consents(60));
  expect(await round(now, 200)).toBe(1);
  const late = later(30_000);
  expect(await round(late, 200)).toBeLessThanOrEqual(3);
  let sent = 0;
  for (let ms = 100; ms <= 1000; ms += 100) sent += await round(new Date(late.getTime() + ms), 200);
  expect(sent).toBeLessThanOrEqual(12);
  // All of them in the end.
  for (let ms = 1100; ms <= 40_000; ms += 100) await round(new Date(late.getTime() + ms), 200);
  expect((await given.statuses()).filter((status) => status !== 'delivered')).toEqual([]);
}, 60_000);

test('an endpoint that is removed leaves nothing pending, also what comes to it at that moment', async () => {
  const id = await given.endpoint();
  await given.events(consents(2));
  await given.store.asTenant(given.tenantId, (rows) => rows.endpoints.remove(id));
  await given.rows(`update webhook_deliveries set status = 'pending', next_at = $1 where sequence = 2`, [now]);
  expect(await round(now, 200)).toBe(0);
  expect(await round(now, 200)).toBe(0);
  expect(await given.statuses()).toEqual(['given-up', 'given-up']);
  expect(await given.rows('select 1 from outbox')).toEqual([]);
});

test('the rules are what the pages say', () => {
  expect(endpointRules).toMatchObject({ failures: 5, forMs: 30_000, firstRestMs: 5000, longestRestMs: 600_000 });
});

test('how all endpoints stand: each in one state, what waits and what is held, and how old the oldest is that waits', async () => {
  const { store, tenantId, rows, endpoint, events } = given;
  const set = async (columns: string) =>
    rows(`update webhook_endpoints set ${columns} where id = $1`, [await endpoint()]);
  await endpoint();
  await set('failures = 2');
  await set(
    `failures = 9, failing_at = '${later(-1000).toISOString()}', rests_until = '${later(60_000).toISOString()}'`,
  );
  await set(`rests_until = '${later(60_000).toISOString()}'`);
  await set(`status = 'disabled', disabled_reason = 'gone'`);
  await set(`status = 'disabled', disabled_reason = 'tenant'`);
  await events(consents(3), later(-90_000));
  const seen = async () =>
    (await store.endpointsSeen(now)).map(({ state, ...counts }) => [state, ...Object.values(counts)].join(' '));
  expect(await seen()).toEqual([
    'well 1 3 0 90',
    'stumbling 1 3 0 90',
    'resting 1 3 0 90',
    'failing 1 3 0 90',
    'gone 1 0 3 0',
    'disabled 1 0 3 0',
    'suspended 0 0 0 0',
  ]);
  // What is sent again has waited for nobody since then.
  await rows('update webhook_deliveries set replay = true');
  expect((await seen())[0]).toBe('well 1 3 0 0');
  await rows(`update tenants set status = 'suspended' where id = $1`, [tenantId]);
  expect((await seen()).filter((line) => !line.endsWith(' 0 0 0 0'))).toEqual([
    'gone 1 0 3 0',
    'disabled 1 0 3 0',
    'suspended 4 12 0 0',
  ]);
});
