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
type RecordedRow = { tenant: string; recorded: boolean[]; is_due: boolean; is_tended: boolean };
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

/** What there is to be told of a try besides that it arrived; undefined where that is all. `nth`: its place, from 1. */
const moreOf = ({ delivery: { gaveUp }, attempt: { error }, judged }: Tried, nth: number) => {
  const { outcome, nextAt, restUntil, slows, gone } = judged;
  if (outcome === 'delivered' && !(nextAt || restUntil || slows || gone || error) && gaveUp.length === 0)
    return undefined;
  const times = { next_at: nextAt?.toISOString(), rest_until: restUntil?.toISOString() };
  return { nth, error, outcome, slows, gone, ...times, ...(gaveUp.length > 0 ? { gave_up: gaveUp } : {}) };
};

/** One tenant's, as `record_tries` reads them. */
const toColumns = ({ key, asks }: Group<Tried>) => {
  const now = Math.max(...asks.map((ask) => ask.now.getTime()));
  const endpoints = [...new Set(asks.map(({ delivery }) => delivery.endpoint.id))];
  const more = asks.flatMap((ask, place) => moreOf(ask, place + 1) ?? []);
  return {
    tenant: key,
    now: new Date(now).toISOString(),
    lanes: asks.map(({ handOut }) => handOut.subjectId),
    outbox_ids: asks.map(({ handOut }) => handOut.outboxId),
    hand_outs: asks.map(({ handOut }) => handOut.handOut),
    deliveries: asks.map(({ delivery }) => delivery.id),
    endpoints,
    whose: asks.map(({ delivery }) => endpoints.indexOf(delivery.endpoint.id) + 1),
    numbers: asks.map(({ attempt }) => attempt.number),
    ago_ms: asks.map(({ attempt }) => now - attempt.at.getTime()),
    durations: asks.map(({ attempt }) => attempt.durationMs),
    statuses: asks.map(({ attempt }) => attempt.httpStatus ?? null),
    answers: asks.map(({ attempt: { answerSealed } }) =>
      answerSealed ? Buffer.from(answerSealed).toString('base64') : null,
    ),
    ...(more.length > 0 ? { more } : {}),
  };
};

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
    const rows = await ask<RecordedRow>('record-tries', 'select * from record_tries($1, $2)', [
      JSON.stringify(groups.map(toColumns)),
      JSON.stringify(endpointRules),
    ]);
    if (rows.some(({ is_due }) => is_due)) tell('work:deliver-webhook');
    if (rows.some(({ is_tended }) => is_tended)) tell('work:tend-webhook-endpoint');
    const found = new Map(rows.map(({ tenant, recorded }) => [tenant, recorded]));
    return groups.map(({ key, asks }) => asks.map((_, place) => found.get(key)?.[place] ?? false));
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
