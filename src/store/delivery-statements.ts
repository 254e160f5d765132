import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import { endpointRules } from '../domain/endpoint-health.ts';
import type { EventType } from '../domain/event.ts';
import type { Judgement } from '../domain/webhook.ts';
import { coalesced, type Group } from '../lib/coalesce.ts';
import { oneByOne, type Settled } from '../lib/one-by-one.ts';
import type { DeliveryStore, Due, DueDelivery, Passed } from '../usecases/delivery-port.ts';
import type { HandOut } from '../usecases/outbox-port.ts';
import type { Attempt, SentTo } from '../usecases/webhook-rows-port.ts';
import { isOfStatement, knownFault } from './doors.ts';
import { rowOfJson } from './row-of-json.ts';
import { sentTo } from './webhook-rows.ts';

/** Calls under way at most: few, so that what comes meanwhile is gathered. And what one call takes. */
const sharing = { lanes: 2, most: { groups: 64, asks: 64 }, wide: 4 };

/** Endpoints that are kept as they were read. */
const mostRead = 1000;
/** What was opened of one's secrets goes with it. */
const readForMs = 60_000;

type DueRow = {
  tenant: string;
  lane: string;
  verdict: 'send' | 'gate' | 'wait' | 'idle';
  delivery_id: string;
  attempts: number;
  next_at: number;
  created_at: number;
  replay: boolean;
  event_id: string;
  type: EventType;
  timestamp: number;
  sequence: string;
  data: string;
  gave_up: string[] | null;
  endpoint_id: string;
  endpoint: string | null;
};
type PassRow = { tenant: string; lane: string; verdict: Passed['verdict']; delivery_id: string; next_at: Date };
type Tried = { handOut: HandOut; delivery: DueDelivery; attempt: Attempt; judged: Judgement; now: Date };

/** Instants as numbers: node-postgres takes long over a date, and there are three in each row. */
const dueText = `select ${[
  ...[
    'tenant',
    'lane',
    'verdict',
    'delivery_id',
    'attempts',
    'replay',
    'event_id',
    'type',
    'sequence',
    'data',
    'gave_up',
  ],
  ...['endpoint_id', 'endpoint::text as endpoint'],
  ...['next_at', 'created_at', 'timestamp'].map((name) => `date_part('epoch', "${name}") * 1000 as ${name}`),
].join(', ')} from due_deliveries($1)`;

const instant = (ms: number): Date => new Date(Math.round(ms));

/** An event as it is sent. Its data stay the text that the database wrote: read and written anew they would be the same. */
const bodyOf = ({ event_id, type, timestamp, sequence, data }: DueRow): string =>
  `{"id":"${event_id}","type":"${type}","timestamp":"${instant(timestamp).toISOString()}","sequence":${sequence},"data":${data}}`;

const toDue = (row: DueRow, endpoints: ReadonlyMap<string, SentTo>): Due => {
  if (row.verdict === 'wait') return { verdict: 'wait', until: instant(row.next_at) };
  if (row.verdict === 'idle') return { verdict: 'idle' };
  const endpoint = endpoints.get(row.endpoint_id);
  return {
    verdict: row.verdict,
    delivery: {
      id: row.delivery_id,
      attempts: row.attempts,
      createdAt: instant(row.created_at),
      replay: row.replay,
      event: { id: row.event_id, type: row.type },
      body: bodyOf(row),
      // One that is gone is noticed at the gate.
      endpoint: endpoint as SentTo,
      gaveUp: row.gave_up ?? [],
    },
  };
};

/** As `record_attempts` reads it. Times as texts: one `Date` in it, and V8 writes all of it the slow way. */
const toRun = ({ handOut, delivery, attempt, judged }: Tried) => ({
  lane: handOut.subjectId,
  outbox_id: handOut.outboxId,
  hand_out: handOut.handOut,
  delivery: delivery.id,
  endpoint: delivery.endpoint.id,
  number: attempt.number,
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
  ...(delivery.gaveUp.length > 0 ? { gave_up: delivery.gaveUp } : {}),
});

const laneKey = (tenant: string, lane: string) => `${tenant} ${lane}`;
const byLane = <R extends { tenant: string; lane: string }>(rows: readonly R[]) =>
  new Map(rows.map((row) => [laneKey(row.tenant, row.lane), row]));

/** Deliveries, read and recorded by many runs together; each tenant's in statements of its own. */
export const deliveryStatements = (pool: pg.Pool, tell: (topic: string) => void): DeliveryStore => {
  const ask = async <R extends pg.QueryResultRow>(name: string, text: string, values: unknown[]): Promise<R[]> =>
    (await pool.query<R>({ name, text, values })).rows;
  const shared = <A, R>(run: (groups: readonly Group<A>[]) => Promise<R[][]>) => {
    const call = coalesced<A, Settled<R>>(oneByOne(run, isOfStatement), sharing);
    return async (tenantId: string, one: A): Promise<R> => {
      const came = await call(tenantId, one);
      if ('error' in came) throw knownFault(came.error);
      return came.result;
    };
  };
  type Ask = { lane: string; now: Date };
  const toGroups = (groups: readonly Group<Ask>[]) =>
    JSON.stringify(
      groups.map(({ key, asks }) => ({
        tenant: key,
        now: asks[0]?.now.toISOString(),
        lanes: asks.map(({ lane }) => lane),
      })),
    );

  const endpointsRead = new LRUCache<string, { text: string; endpoint: SentTo }>({
    ...{ max: mostRead, ttl: readForMs, ttlAutopurge: true },
  });
  /** While its very text is the same: most endpoints stay as they are from one look to the next. */
  const endpointOf = (id: string, text: string): SentTo => {
    const known = endpointsRead.get(id);
    if (known?.text === text) return known.endpoint;
    const endpoint = sentTo(rowOfJson(JSON.parse(text)));
    endpointsRead.set(id, { text, endpoint });
    return endpoint;
  };

  const due = shared<Ask, Due>(async (groups) => {
    const rows = await ask<DueRow>('due-deliveries', dueText, [toGroups(groups)]);
    const endpoints = new Map(
      rows.flatMap(({ endpoint, endpoint_id }) =>
        endpoint ? [[endpoint_id, endpointOf(endpoint_id, endpoint)] as const] : [],
      ),
    );
    const found = byLane(rows);
    return groups.map(({ key, asks }) =>
      asks.map(({ lane }) => {
        const row = found.get(laneKey(key, lane));
        return row ? toDue(row, endpoints) : { verdict: 'idle' };
      }),
    );
  });

  const pass = shared<Ask, Passed>(async (groups) => {
    const rows = await ask<PassRow>('pass-gates', 'select * from pass_gates($1, $2)', [
      toGroups(groups),
      JSON.stringify(endpointRules),
    ]);
    const found = byLane(rows);
    return groups.map(({ key, asks }) =>
      asks.map(({ lane }): Passed => {
        const row = found.get(laneKey(key, lane));
        if (row?.verdict === 'send') return { verdict: 'send', id: row.delivery_id };
        return row?.verdict === 'wait' ? { verdict: 'wait', until: row.next_at } : { verdict: 'idle' };
      }),
    );
  });

  const record = shared<Tried, boolean>(async (groups) => {
    const asked = groups.map(({ key, asks }) => ({
      tenant: key,
      now: new Date(Math.max(...asks.map(({ now }) => now.getTime()))).toISOString(),
      runs: asks.map(toRun),
    }));
    const rows = await ask<{ tenant: string; lane: string | null; due_at: Date | null }>(
      'record-attempts',
      'select * from record_attempts($1, $2)',
      [JSON.stringify(asked), JSON.stringify(endpointRules)],
    );
    if (rows.some(({ lane, due_at }) => lane !== null && due_at !== null)) tell('work:deliver-webhook');
    if (rows.some(({ lane }) => lane === null)) tell('work:tend-webhook-endpoint');
    const recorded = new Set(rows.map(({ tenant, lane }) => laneKey(tenant, lane ?? '')));
    return groups.map(({ key, asks }) => {
      // Of two runs of one lane the later stands, and the answer names the lane alone.
      const latest = new Map<string, number>();
      for (const { handOut } of asks)
        latest.set(handOut.subjectId, Math.max(handOut.handOut, latest.get(handOut.subjectId) ?? 0));
      return asks.map(
        ({ handOut: { subjectId, handOut } }) =>
          recorded.has(laneKey(key, subjectId)) && latest.get(subjectId) === handOut,
      );
    });
  });

  return {
    dueDelivery: (tenantId, lane, now) => due(tenantId, { lane, now }),
    passGate: async (tenantId, lane, now) => {
      const passed = await pass(tenantId, { lane, now });
      if (passed.verdict === 'idle') tell('work:tend-webhook-endpoint');
      return passed;
    },
    recordAttempt: (handOut, delivery, attempt, judged, now) =>
      record(handOut.tenantId, { handOut, delivery, attempt, judged, now }),
  };
};
