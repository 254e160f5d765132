import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Due, DueDelivery } from '../../src/usecases/delivery-port.ts';
import type { HandOut } from '../../src/usecases/outbox-port.ts';
import { until } from '../support/until.ts';
import { type GivenDeliveries, givenDeliveries } from './given-deliveries.ts';
import { givenTenant, later, now } from './given-store.ts';

let given: GivenDeliveries;
beforeEach(async () => {
  given = await givenDeliveries();
});
afterEach(() => given.close());

const only = (handOuts: HandOut[]): HandOut => {
  expect(handOuts).toHaveLength(1);
  return handOuts[0] as HandOut;
};
const eventOf = (due: Due) => ('delivery' in due ? due.delivery.event.id : due.verdict);

test('a consent’s events share a lane, and others have one each', async () => {
  await given.endpoint();
  await given.endpoint();
  const [one, other] = [randomUUID(), randomUUID()];
  await given.events([one, other, one, undefined, undefined]);
  expect(await given.statuses()).toHaveLength(10);
  expect(await given.claim()).toHaveLength(8);
});

test('the next one of a lane waits until the one before was delivered', async () => {
  await given.endpoint();
  const consent = randomUUID();
  const [first, second] = await given.events([consent, consent]);
  const handOut = only(await given.claim());
  expect(eventOf(await given.due(handOut.subjectId))).toBe(first);
  await given.answered(handOut, { status: 500 });
  expect(await given.claim(later(4000))).toEqual([]);
  const again = only(await given.claim(later(6000)));
  expect(await given.due(again.subjectId, later(6000))).toMatchObject({ verdict: 'gate' }); // slowed down by the 500
  expect(await given.store.passGate(given.tenantId, again.subjectId, later(6000))).toMatchObject({ verdict: 'send' });
  await given.answered(again, { status: 204 }, later(6000));
  const next = only(await given.claim(later(6000)));
  expect(eventOf(await given.due(next.subjectId, later(6000)))).toBe(second);
  await given.answered(next, { status: 204 }, later(6000));
  expect(await given.claim(later(9_000_000))).toEqual([]);
  expect(await given.statuses()).toEqual(['delivered', 'delivered']);
});

test('once one is given up the next goes on and says so', async () => {
  await given.endpoint();
  const consent = randomUUID();
  const [first, second, third] = await given.events([consent, consent, consent]);
  const longAfter = later(97 * 3_600_000);
  const gaveUp = async () => {
    const handOut = only(await given.claim(longAfter));
    const due = await given.due(handOut.subjectId, longAfter);
    await given.answered(handOut, { status: 404 }, longAfter);
    return 'delivery' in due ? due.delivery.gaveUp : due;
  };
  expect([await gaveUp(), await gaveUp()]).toEqual([[], [first]]);
  const last = only(await given.claim(longAfter));
  expect(await given.due(last.subjectId, longAfter)).toMatchObject({ delivery: { gaveUp: [first, second] } });
  await given.answered(last, { status: 200 }, longAfter);
  expect(await given.statuses()).toEqual(['given-up', 'given-up', 'delivered']);
  const { items } = await given.store.asTenant(given.tenantId, async (rows) => {
    const [endpoint] = await rows.endpoints.list();
    return rows.deliveries.list(endpoint?.id ?? '', { limit: 9 });
  });
  expect(items.map(({ event, gaveUp }) => [event.id, gaveUp])).toEqual([
    [third, [first, second]],
    [second, [first]],
    [first, []],
  ]);
});

const deliveryOf = async ({ subjectId }: HandOut): Promise<DueDelivery> => {
  const due = await given.due(subjectId);
  if (!('delivery' in due)) throw new Error(due.verdict);
  return due.delivery;
};

/** One delivery whose first hand-out was overtaken by a second. */
const handedOutTwice = async () => {
  await given.endpoint();
  await given.events([randomUUID()]);
  const first = only(await given.claim());
  await given.rows(`update outbox set leased_until = clock_timestamp() - interval '1 second'`);
  const second = only(await given.claim());
  return { first, second, delivery: await deliveryOf(first) };
};

test('whoever looks at a delivery while it is tried sees its tries and its state from one moment', async () => {
  const endpointId = await given.endpoint();
  await given.events([randomUUID()]);
  const tries = 40;
  const recordAll = async () => {
    for (let at = now, number = 1; number <= tries; number += 1, at = new Date(at.getTime() + 120_000))
      await given.answered(only(await given.claim(at)), { status: 500 }, at);
  };
  const seen = new Set<number>();
  const look = async () => {
    while (seen.size === 0 || Math.max(...seen) < tries)
      for (const item of await given.store.asTenant(given.tenantId, async ({ deliveries }) => {
        const [listed] = (await deliveries.list(endpointId, { limit: 1 })).items;
        return listed ? [listed, await deliveries.find(listed.id)] : [];
      })) {
        const last = item?.attempts.at(-1);
        seen.add(item?.attempts.length ?? 0);
        if (last) expect(item?.nextAt?.getTime()).toBe(last.at.getTime() + (last.number === 1 ? 5000 : 60_000));
      }
  };
  await Promise.all([recordAll(), look(), look()]);
  expect(seen.size).toBeGreaterThan(3);
});

test('a run that was overtaken records nothing, neither a failure nor a success', async () => {
  const { first, second, delivery } = await handedOutTwice();
  expect(await given.answered(first, { status: 200 }, now, delivery)).toBe(false);
  expect(await given.statuses()).toEqual(['pending']);
  expect(await given.answered(second, { status: 200 }, now, delivery)).toBe(true);
  expect(await given.answered(first, { status: 500 }, now, delivery)).toBe(false);
  expect(await given.statuses()).toEqual(['delivered']);
  expect(await given.rows('select number, http_status from webhook_attempts')).toEqual([
    { number: 1, http_status: 200 },
  ]);
  expect(await given.rows('select 1 from outbox')).toEqual([]);
});

test('of two runs of one lane that end in the same turn the later one alone is noted', async () => {
  const { first, second, delivery } = await handedOutTwice();
  const areRecorded = await Promise.all([
    given.answered(first, { status: 500 }, now, delivery),
    given.answered(second, { status: 200 }, now, delivery),
  ]);
  expect(areRecorded).toEqual([false, true]);
  expect(await given.rows('select number, http_status from webhook_attempts')).toEqual([
    { number: 1, http_status: 200 },
  ]);
  expect(await given.statuses()).toEqual(['delivered']);
});

test('what happens while one is out is not forgotten', async () => {
  await given.endpoint();
  const consent = randomUUID();
  await given.events([consent]);
  const handOut = only(await given.claim());
  const [, next] = [await given.due(handOut.subjectId), (await given.events([consent]))[0]];
  await given.answered(handOut, { status: 200 });
  expect(eventOf(await given.due(only(await given.claim()).subjectId))).toBe(next);
});

test('runs of several tenants share a statement, and see their own alone', async () => {
  const other = await givenTenant(given.store);
  await given.endpoint();
  await given.endpoint({}, other);
  const consent = randomUUID(); // the same id at both
  await given.events([consent, randomUUID()]);
  await given.events([consent, randomUUID()], now, other);
  const claimed = await given.claim();
  expect(claimed).toHaveLength(4);
  const dues = await Promise.all(
    claimed.map(({ tenantId, subjectId }) => given.store.dueDelivery(tenantId, subjectId, now)),
  );
  const swapped = await Promise.all(
    claimed.map(({ tenantId, subjectId }) =>
      given.store.dueDelivery(tenantId === other ? given.tenantId : other, subjectId, now),
    ),
  );
  expect(swapped.map(({ verdict }) => verdict)).toEqual(['idle', 'idle', 'idle', 'idle']);
  const recorded = await Promise.all(
    claimed.map((handOut, place) => {
      const due = dues[place];
      if (!due || !('delivery' in due)) throw new Error('nothing due');
      return given.answered(handOut, { status: 200 }, now, due.delivery);
    }),
  );
  expect(recorded).toEqual([true, true, true, true]);
  expect(await given.rows('select tenant_id, count(*)::int from webhook_attempts group by 1')).toHaveLength(2);
});

test('of tries that are recorded together, each is noted as it stands by then', async () => {
  await given.endpoint();
  const names = ['arrived', 'failed', 'overtaken', 'gone', 'held', 'held-arrived'] as const;
  const consents = new Map(names.map((name) => [name, randomUUID()]));
  const ids = await given.events([...consents.values()]);
  // One more waits behind the first.
  await given.events([consents.get('arrived')]);
  const out = new Map<string, { handOut: HandOut; delivery: DueDelivery }>();
  for (const handOut of await given.claim()) {
    const delivery = await deliveryOf(handOut);
    out.set(names[ids.indexOf(delivery.event.id)] ?? '', { handOut, delivery });
  }
  const of = (name: (typeof names)[number]) => {
    const found = out.get(name);
    if (!found) throw new Error(`${name} was not handed out`);
    return found;
  };
  const lane = (name: (typeof names)[number]) => of(name).handOut.subjectId;
  const hold = `update webhook_deliveries set status = 'held', next_at = null where lane = $1`;
  await given.rows(hold, [lane('held')]);
  await given.rows(hold, [lane('held-arrived')]);
  await given.rows('delete from webhook_deliveries where lane = $1', [lane('gone')]);
  await given.rows(`update outbox set leased_until = clock_timestamp() - interval '1 second' where subject_id = $1`, [
    lane('overtaken'),
  ]);
  const again = only(await given.claim());

  const recorded = await Promise.all(
    names.map((name) => {
      const status = name === 'failed' || name === 'held' ? 500 : 204;
      return given.answered(of(name).handOut, { status }, now, of(name).delivery);
    }),
  );
  expect(recorded).toEqual(names.map((name) => name !== 'overtaken'));

  const deliveries = await given.rows<{ id: string; status: string; attempts: number; next_at: Date | null; at: Date }>(
    'select id, status, attempts, next_at, delivered_at as at from webhook_deliveries',
  );
  const delivery = (name: (typeof names)[number]) => deliveries.find(({ id }) => id === of(name).delivery.id);
  expect(delivery('arrived')).toMatchObject({ status: 'delivered', attempts: 1, next_at: null, at: now });
  expect(delivery('failed')).toMatchObject({ status: 'pending', attempts: 1, next_at: expect.any(Date), at: null });
  expect(delivery('overtaken')).toMatchObject({ status: 'pending', attempts: 0, at: null });
  expect(delivery('gone')).toBeUndefined();
  expect(delivery('held')).toMatchObject({ status: 'held', attempts: 1, next_at: null, at: null });
  expect(delivery('held-arrived')).toMatchObject({ status: 'delivered', attempts: 1, next_at: null, at: now });

  const tries = await given.rows<{ id: string; status: number; call: string }>(
    'select delivery_id as id, http_status as status, xmin::text as call from webhook_attempts where number = 1',
  );
  const noted = (['arrived', 'failed', 'held', 'held-arrived'] as const).map((name) => [
    of(name).delivery.id,
    name === 'failed' || name === 'held' ? 500 : 204,
  ]);
  expect(tries.map(({ id, status }) => [id, status]).sort()).toEqual(noted.sort());
  // All in one call.
  expect(new Set(tries.map(({ call }) => call)).size).toBe(1);

  const owed = await given.rows<{ lane: string; due_at: Date; is_out: boolean }>(
    'select subject_id as lane, due_at, leased_until is not null as is_out from outbox where job = $1',
    ['deliver-webhook'],
  );
  const failed = delivery('failed')?.next_at;
  expect(failed?.getTime()).toBeGreaterThan(now.getTime());
  expect(new Map(owed.map(({ lane: id, due_at, is_out }) => [id, is_out ? 'out' : due_at]))).toEqual(
    new Map<string, unknown>([
      [lane('arrived'), now],
      [lane('failed'), failed],
      [lane('overtaken'), 'out'],
    ]),
  );
  expect(await given.answered(again, { status: 204 }, now, of('overtaken').delivery)).toBe(true);
});

test('one try that cannot be written does not keep others from being', async () => {
  await given.endpoint();
  await given.events([randomUUID(), randomUUID()]);
  const [good, bad] = (await given.claim()) as [HandOut, HandOut];
  const tries = [given.answered(good, { status: 200 }), given.answered(bad, { status: 9_999_999_999 })];
  expect((await Promise.allSettled(tries)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect((await given.statuses()).sort()).toEqual(['delivered', 'pending']);
});

test('one that was delivered is not opened again, whatever was seen before', async () => {
  await given.endpoint();
  await given.events([randomUUID()]);
  await given.answered(only(await given.claim()), { status: 200 });
  const [row] = await given.rows<{ id: string }>('select id from webhook_deliveries');
  await given.store.asTenant(given.tenantId, (rows) => rows.deliveries.reopen(row?.id ?? '', now));
  expect(await given.statuses()).toEqual(['delivered']);
});

test('what is recorded costs no look at what else waits, also where plans were made before there was any', async () => {
  await given.endpoint();
  const consents = (many: number) => Array.from({ length: many }, () => randomUUID());
  await given.events(consents(20));
  for (const handOut of await given.claim()) await given.answered(handOut, { status: 204 });

  for (let batch = 0; batch < 6; batch += 1) await given.events(consents(500));
  const handOuts = await given.claim(now, 20);
  const read = async () => {
    const [stats] = await given.rows<{ settled: number; looks: number }>(
      `select sum(n_tup_del)::int as settled, sum(coalesce(idx_tup_fetch, 0) + seq_tup_read)::int as looks
       from pg_stat_user_tables where relname in ('outbox', 'webhook_deliveries')`,
    );
    return stats ?? { settled: 0, looks: 0 };
  };
  const isSettled = (many: number) =>
    until(`${many} to be settled`, async () => {
      // A connection tells what it did when it does something again.
      await given.due(randomUUID());
      const stats = await read();
      return stats.settled === many && stats;
    });
  const { looks } = await isSettled(20);
  for (const handOut of handOuts) await given.answered(handOut, { status: 204 });
  expect((await isSettled(40)).looks - looks).toBeLessThan(3000);
});

test('a claim looks at few more rows than it takes, also where its plan was made before there was a backlog', async () => {
  await given.endpoint();
  const consents = (many: number) => Array.from({ length: many }, () => randomUUID());
  await given.events(consents(20));
  const first = only(await given.claim(now, 1));
  await given.events(consents(300));
  expect(await given.claim(now, 2)).toHaveLength(2);
  for (let batch = 0; batch < 6; batch += 1) await given.events(consents(500));
  const claimed = (many: number) =>
    until(
      `${many} to be claimed`,
      async () => {
        // A connection tells what it did when it does something again.
        await given.store.outbox.stands('deliver-webhook', { ...first, handOut: 99 });
        const [stats] = await given.rows<{ leased: number; looks: number }>(
          `select n_tup_upd::int as leased, (coalesce(idx_tup_fetch, 0) + seq_tup_read)::int as looks
           from pg_stat_user_tables where relname = 'outbox'`,
        );
        return stats?.leased === many && stats;
      },
      50_000,
      100,
    );
  const { looks } = await claimed(3);
  expect(await given.claim(now, 40)).toHaveLength(40);
  expect((await claimed(43)).looks - looks).toBeLessThan(1000);
});

test('deliveries have ids in the order in which they were made', async () => {
  await given.endpoint();
  for (let one = 0; one < 5; one += 1) await given.events([randomUUID()]);
  const made = await given.rows<{ id: string }>('select id from webhook_deliveries order by sequence');
  const moments = made.map(({ id }) => id.slice(0, 13));
  expect(moments).toEqual(moments.toSorted());
  for (const { id } of made)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
