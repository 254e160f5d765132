import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openOutbox } from '../../src/store/outbox.ts';
import type { HandOut, Outbox, Places } from '../../src/usecases/outbox-port.ts';
import { freshDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';

const job = 'deliver-webhook';
const now = new Date('2026-11-24T12:00:00Z');
const later = (ms: number) => new Date(now.getTime() + ms);
const tenant = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

let database: Awaited<ReturnType<typeof freshDatabase>>;
let pool: pg.Pool;
let outbox: Outbox;

beforeEach(async () => {
  database = await freshDatabase();
  pool = new pg.Pool({ connectionString: database.url, options: '-c role=hub_operator' });
  outbox = openOutbox(pool);
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});

const owe = (tenantId: string, subjectId: string, due = now) =>
  pool.query('select owe($1, $2, $3, $4, $5)', [job, tenantId, subjectId, due, now]);
const backlog = (tenantId: string, rows: number) =>
  pool.query(
    `insert into outbox (job, tenant_id, subject_id, due_at, created_at)
     select $1, $2, gen_random_uuid(), $3::timestamptz - n * interval '1 second', $3 from generate_series(1, $4) n`,
    [job, tenantId, now, rows],
  );
const only = (handOuts: HandOut[]): HandOut => {
  expect(handOuts).toHaveLength(1);
  return handOuts[0] as HandOut;
};
/** One relay's claim, with nothing out, of so many places; one tenant alone may have them all unless told. */
const claim = async (places: number, more: Partial<Places> = {}, at = now, leaseMs = 60_000) =>
  (await outbox.claim(job, at, leaseMs, { places, share: places, after: undefined, out: [], young: [], ...more }))
    .handOuts;
const owedRows = async () =>
  (
    await pool.query<{ due_at: Date; failures: number; last_problem: string | null }>(
      'select due_at, failures, last_problem from outbox',
    )
  ).rows;

test('a hundred thousand rows of one tenant do not stand before another’s single one', async () => {
  await backlog(tenant(1), 100_000);
  await owe(tenant(2), tenant(99));
  const claimed = await claim(32, { share: 16 });
  expect(claimed.filter(({ tenantId }) => tenantId === tenant(2))).toHaveLength(1);
  expect(claimed.filter(({ tenantId }) => tenantId === tenant(1))).toHaveLength(16);
});

test('a tenant alone gets its share and no more, until some of it has ended', async () => {
  await backlog(tenant(1), 500);
  const out = await claim(32, { share: 8 });
  expect(out).toHaveLength(8);
  expect(await claim(32, { share: 8, out })).toEqual([]);
  for (const ended of out.slice(0, 3)) await outbox.settle(job, ended);
  // Those it has handed out a moment ago hold their places unseen.
  expect(await claim(32, { share: 8, out: [], young: out.map(({ tenantId }) => tenantId) })).toEqual([]);
  // Whoever ran them, and whatever the relay knows of it.
  expect(await claim(32, { share: 8, out })).toHaveLength(3);
});

test('tenants with a backlog take turns, and leave places to those who have none', async () => {
  for (const number of [1, 2, 3, 4]) await backlog(tenant(number), 500);
  const out = await claim(64, { share: 32 });
  for (const number of [1, 2, 3, 4]) expect(out.filter(({ tenantId }) => tenantId === tenant(number))).toHaveLength(13);
  await owe(tenant(5), tenant(99));
  expect(await claim(64, { share: 32, out })).toMatchObject([{ tenantId: tenant(5) }]);
});

test('a round goes on where it stopped: nobody has a second turn before everybody had a first', async () => {
  for (let number = 1; number <= 40; number += 1) await backlog(tenant(number), 10);
  const turns: string[] = [];
  for (let after: string | undefined; turns.length < 40; after = turns.at(-1)) {
    const claimed = await claim(8, { after });
    for (const one of claimed) await outbox.settle(job, one);
    turns.push(...claimed.map(({ tenantId }) => tenantId));
  }
  expect(turns).toEqual(Array.from({ length: 40 }, (_, index) => tenant(index + 1)));
});

test('a relay hands out no more than it has places for, and what another has is not its own', async () => {
  await backlog(tenant(1), 500);
  const out = await claim(20);
  expect(out).toHaveLength(20);
  expect(await claim(20, { out })).toEqual([]);
  const others = await claim(20);
  expect(others).toHaveLength(20);
  expect(new Set([...out, ...others].map(({ subjectId }) => subjectId)).size).toBe(40);
});

test('a claim tells what still stands, whether something was left, and when more is due', async () => {
  await owe(tenant(1), tenant(8));
  await owe(tenant(1), tenant(9));
  await owe(tenant(1), tenant(10), later(5000));
  const places = { places: 1, share: 1, after: undefined, young: [] };
  const first = await outbox.claim(job, now, 60_000, { ...places, out: [] });
  expect(first).toMatchObject({ standing: [], isLeft: true, nextInMs: 5000 });
  const second = await outbox.claim(job, now, 60_000, { ...places, out: first.handOuts });
  expect(second).toEqual({
    handOuts: [],
    standing: first.handOuts.map(({ outboxId }) => outboxId),
    isLeft: true,
    nextInMs: 5000,
  });
  for (const one of first.handOuts) await outbox.settle(job, one);
  const third = await outbox.claim(job, now, 60_000, { ...places, out: first.handOuts });
  expect(third).toMatchObject({ handOuts: [{ tenantId: tenant(1) }], standing: [], isLeft: false });
});

test('a hand-out stands until it has ended, however it did, and past its lease until a later one takes its place', async () => {
  const ways: ((handOut: HandOut) => Promise<void>)[] = [
    (handOut) => outbox.settle(job, handOut),
    (handOut) => outbox.settle(job, handOut, later(1000)),
    (handOut) => outbox.fail(job, handOut, later(1000), 'x'),
    (handOut) => outbox.rest(job, handOut, later(1000), now),
    (handOut) => outbox.putBack(job, [handOut]),
  ];
  for (const end of ways) {
    await owe(tenant(1), tenant(9));
    const handOut = only(await claim(1));
    expect(await outbox.stands(job, handOut)).toBe(true);
    await end(handOut);
    expect(await outbox.stands(job, handOut)).toBe(false);
    await pool.query('delete from outbox');
  }
  await owe(tenant(1), tenant(9));
  const late = only(await claim(1, {}, now, 0));
  expect(await outbox.stands(job, late)).toBe(true);
  const next = only(await claim(1));
  expect([await outbox.stands(job, late), await outbox.stands(job, next)]).toEqual([false, true]);
});

test('nothing is handed out before it is due', async () => {
  await owe(tenant(1), tenant(9), later(1000));
  expect(await claim(10)).toEqual([]);
  expect(await claim(10, {}, later(1000))).toHaveLength(1);
});

test('work whose lease has lapsed is handed out again, under another number', async () => {
  await owe(tenant(1), tenant(9));
  const first = only(await claim(10, {}, now, 0));
  const second = only(await claim(10));
  expect([first.handOut, second.handOut]).toEqual([1, 2]);
  // The first holder comes late: what it says no longer counts.
  await outbox.fail(job, first, later(5000), 'internal');
  expect((await owedRows())[0]).toMatchObject({ failures: 0 });
  await outbox.settle(job, second);
  expect(await owedRows()).toEqual([]);
});

test('what is owed again while it is handed out stays owed, at its own time', async () => {
  await owe(tenant(1), tenant(9));
  const first = only(await claim(10));
  await owe(tenant(1), tenant(9), later(30_000));
  await outbox.settle(job, first);
  expect((await owedRows()).map(({ due_at }) => due_at)).toEqual([later(30_000)]);
  const second = only(await claim(10, {}, later(30_000)));
  await owe(tenant(1), tenant(9), later(31_000));
  await outbox.settle(job, second, later(90_000));
  expect((await owedRows()).map(({ due_at }) => due_at)).toEqual([later(31_000)]);
});

test('owing twice makes one row, due at the earlier time', async () => {
  await owe(tenant(1), tenant(9), later(60_000));
  await owe(tenant(1), tenant(9), later(1000));
  await owe(tenant(1), tenant(9), later(30_000));
  expect((await owedRows()).map(({ due_at }) => due_at)).toEqual([later(1000)]);
});

test('a failure is noted and put off; success forgets it', async () => {
  await owe(tenant(1), tenant(9));
  await outbox.fail(job, only(await claim(10)), later(2000), 'altinn-unavailable');
  expect(await owedRows()).toEqual([{ due_at: later(2000), failures: 1, last_problem: 'altinn-unavailable' }]);
  const again = only(await claim(10, {}, later(2000)));
  expect(again.failures).toBe(1);
  await outbox.settle(job, again, later(9000));
  expect(await owedRows()).toEqual([{ due_at: later(9000), failures: 0, last_problem: null }]);
});

test('what could not be handed over is free at once', async () => {
  await owe(tenant(1), tenant(9));
  await outbox.putBack(job, await claim(10));
  expect(await claim(10)).toHaveLength(1);
});

test('many relays at once never hand out one row twice', async () => {
  await backlog(tenant(1), 200);
  const claimed = (await Promise.all(Array.from({ length: 8 }, () => claim(400)))).flat();
  expect(new Set(claimed.map(({ subjectId }) => subjectId)).size).toBe(claimed.length);
});

const suspended = async (status: 'active' | 'suspended') => {
  await pool.query(
    `insert into tenants (id, orgno, name, status, redirect_urls, services, hmac_key_sealed, created_at, updated_at)
     values ($1, '313876144', 'x', $2, '{}', '{}', '', now(), now())`,
    [tenant(1), status],
  );
  await owe(tenant(1), tenant(99));
  return only(await claim(32));
};

test('work of a suspended tenant rests, and that is no failure', async () => {
  await outbox.rest(job, await suspended('suspended'), later(3_600_000), now);
  expect(await owedRows()).toEqual([{ due_at: later(3_600_000), failures: 0, last_problem: 'tenant-suspended' }]);
});

test('work that would rest when its tenant has just been resumed is due at once', async () => {
  await outbox.rest(job, await suspended('active'), later(3_600_000), now);
  expect(await owedRows()).toMatchObject([{ due_at: now }]);
});

test('work comes to rest before a tenant is resumed or after, never in between', async () => {
  const handOut = await suspended('suspended');
  const operator = await pool.connect();
  // An ordinary role is not shown what others wait for.
  const watcher = new pg.Client({ connectionString: database.adminUrl });
  await watcher.connect();
  try {
    await operator.query('begin');
    await operator.query(`update tenants set status = 'active'`);
    const resting = outbox.rest(job, handOut, later(3_600_000), now);
    await until('the rest to wait for the tenant', async () => {
      const { rows } = await watcher.query(
        `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
      );
      return rows.length > 0;
    });
    await operator.query('commit');
    await resting;
  } finally {
    operator.release();
    await watcher.end();
  }
  expect(await owedRows()).toMatchObject([{ due_at: now }]);
});

test('a worker of the version before claims by the same turns, as it asked and was answered then', async () => {
  await backlog(tenant(1), 500);
  const ask = async (young: string[]) => {
    const { rows } = await pool.query<{ hand_outs: HandOut[]; type: string; is_left: boolean }>(
      `select hand_outs, pg_typeof(hand_outs)::text as type, is_left
       from claim_work($1, $2, 60000, 32, 8 / 24.0, null, '{}', '{}', '{}', $3)`,
      [job, now, young],
    );
    return rows[0];
  };
  const first = await ask([]);
  expect(first).toMatchObject({ type: 'jsonb', is_left: true });
  expect(first?.hand_outs).toHaveLength(8);
  expect(first?.hand_outs[0]).toEqual({
    outboxId: expect.any(String),
    tenantId: tenant(1),
    subjectId: expect.any(String),
    handOut: 1,
    failures: 0,
  });
  expect((await ask(Array.from({ length: 3 }, () => tenant(1))))?.hand_outs).toHaveLength(5);
});
