import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { endpointRules } from '../../src/domain/endpoint-health.ts';
import type { Judgement } from '../../src/domain/webhook.ts';
import type { DueDelivery } from '../../src/usecases/delivery-port.ts';
import type { HandOut } from '../../src/usecases/outbox-port.ts';
import type { Attempt } from '../../src/usecases/webhook-rows-port.ts';
import { type GivenDeliveries, givenDeliveries } from './given-deliveries.ts';
import { givenTenant, later, now } from './given-store.ts';

let given: GivenDeliveries;
let old: pg.Client | undefined;
beforeEach(async () => {
  given = await givenDeliveries();
});
afterEach(async () => {
  await old?.end();
  old = undefined;
  await given.close();
});

type Out = { handOut: HandOut; delivery: DueDelivery };
const arrived: Judgement = { outcome: 'delivered', slows: false, gone: false };
const nextAt = later(5000);

/** As many as there are tries below, out at two endpoints: half of them at each. */
const allOut = async (): Promise<Out[]> => {
  await given.endpoint();
  await given.endpoint();
  await given.events([randomUUID(), randomUUID(), randomUUID()]);
  const out: Out[] = [];
  for (const handOut of await given.claim()) {
    const due = await given.due(handOut.subjectId);
    if ('delivery' in due) out.push({ handOut, delivery: due.delivery });
  }
  return out.sort((a, b) => (a.delivery.endpoint.id < b.delivery.endpoint.id ? -1 : 1));
};

/** Of the first endpoint all three arrive; of the second one is to be tried again, one is given up, and one says 410. */
const tries: { attempt: Omit<Attempt, 'number'>; judged: Judgement }[] = [
  { attempt: { at: later(-30), durationMs: 12, httpStatus: 200, answerSealed: randomBytes(1100) }, judged: arrived },
  { attempt: { at: later(-4000), durationMs: 0, httpStatus: 204 }, judged: arrived },
  { attempt: { at: now, durationMs: 9999, httpStatus: 299, answerSealed: Buffer.of(0, 255, 92) }, judged: arrived },
  {
    attempt: { at: later(-10_000), durationMs: 10_000, error: 'timeout' },
    judged: { outcome: 'pending', nextAt, slows: true, gone: false },
  },
  {
    attempt: { at: later(-1), durationMs: 3, httpStatus: 302, error: 'redirect', answerSealed: randomBytes(7) },
    judged: { outcome: 'given-up', slows: false, gone: false },
  },
  {
    attempt: { at: later(-2), durationMs: 5, httpStatus: 410 },
    judged: { outcome: 'pending', nextAt, slows: false, gone: true },
  },
];

const isLogged = async (out: readonly Out[]) => {
  const rows = await given.rows(
    `select delivery_id, number, at, duration_ms, http_status, error, answer_sealed from webhook_attempts`,
  );
  const told = tries.map(({ attempt }, place) => ({
    delivery_id: out[place]?.delivery.id,
    number: 1,
    at: attempt.at,
    duration_ms: attempt.durationMs,
    http_status: attempt.httpStatus ?? null,
    error: attempt.error ?? null,
    answer_sealed: attempt.answerSealed ? Buffer.from(attempt.answerSealed) : null,
  }));
  expect(new Map(rows.map((row) => [row['delivery_id'], row]))).toEqual(
    new Map(told.map((row) => [row.delivery_id, row])),
  );

  const deliveries = await given.rows<{ id: string; status: string; next_at: Date | null; at: Date | null }>(
    'select id, status, next_at, delivered_at as at from webhook_deliveries',
  );
  const stands = (place: number) => {
    const { status, next_at, at } = deliveries.find(({ id }) => id === out[place]?.delivery.id) ?? {};
    return [status, next_at, at];
  };
  expect(tries.map((_, place) => stands(place))).toEqual([
    ['delivered', null, later(-30)],
    ['delivered', null, later(-4000)],
    ['delivered', null, now],
    // Its endpoint was disabled by the one that said 410.
    ['held', null, null],
    ['given-up', null, null],
    ['held', null, null],
  ]);
  const endpoints = await given.rows(
    `select status, disabled_reason as why, failures, failing_since as since, last_delivered_at as at, slow_ms as slow
     from webhook_endpoints order by id`,
  );
  expect(endpoints).toEqual([
    { status: 'enabled', why: null, failures: 0, since: null, at: now, slow: 0 },
    { status: 'disabled', why: 'gone', failures: 3, since: later(-10_000), at: null, slow: endpointRules.slowMs },
  ]);
  const owed = await given.rows<{ job: string; subject: string }>(
    `select job, subject_id as subject from outbox where job in ('deliver-webhook', 'tend-webhook-endpoint')`,
  );
  expect(owed).toEqual([{ job: 'tend-webhook-endpoint', subject: out.at(-1)?.delivery.endpoint.id }]);
};

test('tries of several endpoints that are recorded together are logged each as it was', async () => {
  const out = await allOut();
  const recorded = await Promise.all(
    tries.map(({ attempt, judged }, place) => {
      const { handOut, delivery } = out[place] as Out;
      return given.store.recordAttempt(handOut, delivery, { number: 1, ...attempt }, judged, now);
    }),
  );
  expect(recorded).toEqual(tries.map(() => true));
  await isLogged(out);
});

/** A worker of the version before, as it tells tries and what it takes for an answer. */
const openOldWorker = async () => {
  const worker = new pg.Client({ connectionString: given.store.database.url, options: '-c role=hub_tenant' });
  old = worker;
  await worker.connect();
  const runOf = ({ handOut, delivery }: Out, { attempt, judged }: (typeof tries)[number]) => ({
    lane: handOut.subjectId,
    outbox_id: handOut.outboxId,
    hand_out: handOut.handOut,
    delivery: delivery.id,
    endpoint: delivery.endpoint.id,
    number: 1,
    at: attempt.at.toISOString(),
    duration_ms: attempt.durationMs,
    http_status: attempt.httpStatus,
    error: attempt.error,
    answer: attempt.answerSealed && `\\x${Buffer.from(attempt.answerSealed).toString('hex')}`,
    outcome: judged.outcome,
    next_at: judged.nextAt?.toISOString(),
    rest_until: judged.restUntil?.toISOString(),
    slows: judged.slows,
    gone: judged.gone,
  });
  const record = async (runs: Record<string, object[]>) => {
    const told = Object.entries(runs).map(([tenant, all]) => ({ tenant, now: now.toISOString(), runs: all }));
    const { rows } = await worker.query<{ tenant: string; lane: string | null; due_at: Date | null }>(
      'select * from record_attempts($1, $2)',
      [JSON.stringify(told), JSON.stringify(endpointRules)],
    );
    const of = (tenant: string) => rows.filter((row) => row.tenant === tenant);
    return {
      rows,
      recorded: (tenant: string) => [...new Set(of(tenant).flatMap(({ lane }) => lane ?? []))].sort(),
      isDue: (tenant: string) => of(tenant).some(({ lane, due_at }) => lane !== null && due_at !== null),
      isTended: (tenant: string) => of(tenant).some(({ lane }) => lane === null),
    };
  };
  return { runOf, record };
};

test('a worker of the version before records by the same rules, as it told them and was answered then', async () => {
  const out = await allOut();
  const { runOf, record } = await openOldWorker();
  const runs = tries.map((one, place) => runOf(out[place] as Out, one));
  const { tenantId } = given;
  const overtaken = { ...runs[0], hand_out: 7, outcome: 'given-up' };
  expect((await record({ [tenantId]: [overtaken] })).rows).toEqual([]);
  const told = await record({ [tenantId]: runs });
  expect(told.recorded(tenantId)).toEqual(out.map(({ handOut }) => handOut.subjectId).sort());
  expect([told.isDue(tenantId), told.isTended(tenantId)]).toEqual([false, true]);
  await isLogged(out);
});

test('so it hears of what is next in a lane and of an endpoint’s rest, and of each tenant its own', async () => {
  const other = await givenTenant(given.store);
  const [endpoint, consent] = [await given.endpoint(), randomUUID()];
  await given.endpoint({}, other);
  const [first] = await given.events([consent, consent]);
  await given.events([randomUUID()], now, other);
  const out = await Promise.all(
    (await given.claim()).map(async (handOut): Promise<Out> => {
      const due = await given.store.dueDelivery(handOut.tenantId, handOut.subjectId, now);
      if (!('delivery' in due)) throw new Error(due.verdict);
      return { handOut, delivery: due.delivery };
    }),
  );
  const of = (tenantId: string) => out.find(({ handOut }) => handOut.tenantId === tenantId) as Out;
  const [ours, theirs] = [of(given.tenantId), of(other)];
  const { runOf, record } = await openOldWorker();

  const gaveUp = randomUUID();
  const restUntil = later(60_000);
  const told = await record({
    [given.tenantId]: [{ ...runOf(ours, tries[1] as (typeof tries)[number]), gave_up: [gaveUp] }],
    [other]: [
      runOf(theirs, {
        attempt: { at: now, durationMs: 3, httpStatus: 503 },
        judged: { outcome: 'pending', nextAt, restUntil, slows: true, gone: false },
      }),
    ],
  });
  expect(told.recorded(given.tenantId)).toEqual([ours.handOut.subjectId]);
  expect([told.isDue(given.tenantId), told.isTended(given.tenantId)]).toEqual([true, false]);
  expect(told.recorded(other)).toEqual([theirs.handOut.subjectId]);
  expect([told.isDue(other), told.isTended(other)]).toEqual([true, true]);

  const deliveries = await given.rows(
    'select id, status, next_at, gave_up from webhook_deliveries where attempts > 0 order by status',
  );
  expect(deliveries).toEqual([
    { id: ours.delivery.id, status: 'delivered', next_at: null, gave_up: [gaveUp] },
    { id: theirs.delivery.id, status: 'pending', next_at: nextAt, gave_up: [] },
  ]);
  expect(ours.delivery.event.id).toBe(first);
  const rests = await given.rows<{ id: string; until: Date | null }>(
    'select id, rests_until as until from webhook_endpoints',
  );
  expect(new Map(rests.map(({ id, until }) => [id, until]))).toEqual(
    new Map([
      [endpoint, null],
      [theirs.delivery.endpoint.id, restUntil],
    ]),
  );
});
