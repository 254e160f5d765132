import type pg from 'pg';
import { mostCounted } from '../domain/webhook-endpoint.ts';
import { type EndpointState, type EndpointsSeen, endpointStates } from '../usecases/webhook-rows-port.ts';
import { asking } from './doors.ts';

/** An endpoint that has something to tell, with its tenant's name: for the operator alone. */
export type EndpointSeen = {
  state: EndpointState;
  name: string;
  orgno: string;
  id: string;
  url: string;
  failures: number;
  /** Of the tries in a row that failed, the first. */
  failingSince: Date | null;
  restsUntil: Date | null;
  ratePerSecond: number | null;
  slowMs: number;
  /** Up to 10,000. */
  pending: number;
  held: number;
  /** Age of the oldest event that waits and has not been sent before. */
  oldestSeconds: number;
};

/** Each endpoint as of now ($1), through the index of what is still to be told: what has been told costs nothing. */
const seenText = `
  select t.name, t.orgno, w.id, w.url, w.failures, w.failing_since as "failingSince", w.rests_until as "restsUntil",
    w.rate_per_second as "ratePerSecond", w.slow_ms as "slowMs", p.pending, h.held,
    coalesce(greatest(0, extract(epoch from $1::timestamptz - p.oldest)), 0)::float8 as "oldestSeconds",
    case when w.status = 'disabled' then case w.disabled_reason when 'gone' then 'gone' else 'disabled' end
      when t.status <> 'active' then 'suspended' when w.failing_at is not null then 'failing'
      when w.rests_until > $1::timestamptz then 'resting' when w.failures > 0 then 'stumbling' else 'well' end as state
  from webhook_endpoints w join tenants t on t.id = w.tenant_id
  cross join lateral (select count(*)::int as pending, min(created_at) filter (where not replay) as oldest from (
    select d.created_at, d.replay from webhook_deliveries d
    where d.tenant_id = w.tenant_id and d.endpoint_id = w.id and d.status = 'pending' order by d.sequence limit ${mostCounted}) waiting) p
  cross join lateral (select count(*)::int as held from (
    select from webhook_deliveries d
    where d.tenant_id = w.tenant_id and d.endpoint_id = w.id and d.status = 'held' limit ${mostCounted}) holding) h`;

/** By state: no tenant in it. */
export const endpointsText = `
  select state, count(*)::int as endpoints, sum(pending)::int as pending, sum(held)::int as held,
    max("oldestSeconds")::float8 as "oldestSeconds"
  from (${seenText}) seen group by 1`;

/** Those that need a word, the fullest first: not well, or behind for so many seconds ($2). */
export const troubledText = `
  select * from (${seenText}) seen
  where state in ('failing', 'resting', 'stumbling', 'gone') or state = 'well' and "oldestSeconds" > $2::float8
  order by state = 'stumbling', pending + held desc, "oldestSeconds" desc limit 12`;

/** For whoever watches: nothing hangs on it. Each state once, whether an endpoint is in it or not. */
export const endpointsSeen =
  (pool: pg.Pool) =>
  async (now: Date): Promise<EndpointsSeen[]> => {
    const rows = await asking(pool)<EndpointsSeen>('endpoints-seen', endpointsText, [now]);
    const none = { endpoints: 0, pending: 0, held: 0, oldestSeconds: 0 };
    return endpointStates.map((state) => rows.find((row) => row.state === state) ?? { state, ...none });
  };
