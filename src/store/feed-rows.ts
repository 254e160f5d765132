import type pg from 'pg';
import type { Feed } from '../domain/feed-pace.ts';
import { withoutNulls } from '../lib/without-nulls.ts';
import type { Feeds, FeedsSeen } from '../usecases/feed-store-port.ts';
import type { TenantRows } from '../usecases/store-port.ts';
import { asking, type Tx } from './doors.ts';

/** Tenants whose feed has something to tell, with how long ago ($1: now) it was read; each costs two looks into an index. */
const awaitedText = `
  select t.name, case when o.pending is null then 'accepted' else 'pending' end as while, f.last_problem as "lastProblem",
    (extract(epoch from $1::timestamptz - greatest(f.read_at, coalesce(o.pending, o.accepted))) * 1000)::float8 as "staleMs"
  from tenants t cross join lateral (
    select (select min(c.requested_at) from consents c where c.tenant_id = t.id and c.status = 'pending' and c.generation = 'altinn3') as pending,
      (select min(c.requested_at) from consents c where c.tenant_id = t.id and c.status = 'accepted' and c.generation = 'altinn3') as accepted) o
  left join feeds f on f.tenant_id = t.id
  where t.status = 'active' and coalesce(o.pending, o.accepted) is not null`;

export const seenFeedsText = `
  select while, count(*)::int as tenants, greatest(0, max("staleMs")) as "stalestMs" from (${awaitedText}) awaited group by 1`;

/** Those that have waited longest, by the pace ($2, $3: ms) that they are read at while consents are pending, or accepted ones alone live. */
export const stalestFeedsText = `
  select name, while, "lastProblem", greatest(0, "staleMs") as "staleMs" from (${awaitedText}) awaited
  order by "staleMs" / case while when 'pending' then $2::float8 else $3::float8 end desc limit 3`;

/** `find` and what follows it go through the tenant's door, in functions whose first statement sets the tenant. */
export const feedStatements = ({ tenant, operator }: { tenant: pg.Pool; operator: pg.Pool }): Feeds => {
  const [ofTenant, ofOperator] = [asking(tenant), asking(operator)];
  return {
    async find(tenantId) {
      const text = `select place as position, next_link as "nextLink", turn_at as "turnAt", read_at as "readAt",
        pending_since as "pendingSince", accepted_since as "acceptedSince" from find_feed($1)`;
      const [row] = await ofTenant<Feed>('find-feed', text, [tenantId]);
      return row ? (withoutNulls(row) as Feed) : {};
    },
    async takeTurn(tenantId, now, { everyMs, most }) {
      const text = 'select take_feed_turn($1, $2, $3, $4) as turn';
      const [row] = await ofTenant<{ turn: Date }>('take-feed-turn', text, [tenantId, now, everyMs, most]);
      return row?.turn ?? now;
    },
    async fail(tenantId, problem, forgetLink) {
      await ofTenant('fail-feed', 'select fail_feed($1, $2, $3)', [tenantId, problem, forgetLink]);
    },
    seen: (now) => ofOperator<FeedsSeen>('feeds-seen', seenFeedsText, [now]),
  };
};

export const feedRows = (tx: Tx, tenantId: string): TenantRows['feed'] => ({
  async move({ position, nextLink, readAt }) {
    await tx.$executeRaw`select move_feed(${tenantId}::uuid, ${position ?? null}::timestamptz, ${nextLink ?? null}::text, ${readAt ?? null}::timestamptz)`;
  },
});
