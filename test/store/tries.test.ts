import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { endpointRules } from '../../src/domain/endpoint-health.ts';
import type { Judgement } from '../../src/domain/webhook.ts';
import type { DueDelivery } from '../../src/usecases/delivery-port.ts';
import type { HandOut } from '../../src/usecases/outbox-port.ts';
import type { Attempt } from '../../src/usecases/webhook-rows-port.ts';
import { type GivenDeliveries, givenDeliveries } from './given-deliveries.ts';
import { later, now } from './given-store.ts';

let given: GivenDeliveries;
beforeEach(async () => {
  given = await givenDeliveries();
});
afterEach(() => given.close());

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

test('a worker of the version before records by the same rules, as it told them and was answered then', async () => {
  const out = await allOut();
  const runs = tries.map(({ attempt, judged }, place) => {
    const { handOut, delivery } = out[place] as Out;
    return {
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
      slows: judged.slows,
      gone: judged.gone,
    };
  });
  const overtaken = { ...runs[0], hand_out: 7, outcome: 'given-up' };
  const worker = new pg.Client({ connectionString: given.store.database.url, options: '-c role=hub_tenant' });
  await worker.connect();
  try {
    const ask = async (told: object[]) => {
      const groups = JSON.stringify([{ tenant: given.tenantId, now: now.toISOString(), runs: told }]);
      const { rows } = await worker.query<{ lane: string | null; due_at: Date | null }>(
        'select * from record_attempts($1, $2)',
        [groups, JSON.stringify(endpointRules)],
      );
      return rows;
    };
    expect(await ask([overtaken])).toEqual([]);
    const rows = await ask(runs);
    const lanes = rows.flatMap(({ lane }) => lane ?? []);
    expect(lanes.toSorted()).toEqual(out.map(({ handOut }) => handOut.subjectId).toSorted());
    expect(rows.filter(({ lane }) => lane === null)).toHaveLength(1);
    expect(rows.filter(({ lane, due_at }) => lane !== null && due_at !== null)).toEqual([]);
  } finally {
    await worker.end();
  }
  await isLogged(out);
});
