import type pg from 'pg';
import type { Store } from '../usecases/store-port.ts';
import { asking } from './doors.ts';

/** Moments given away so far ahead were given by a clock that was wrong: others would wait for it to come true. */
const mostAheadMs = 5000;

/** Locks the client's row, so that no two processes give away the same moment; a moment is counted once it is committed. */
const momentsText = `
  with client as (
    select id, case when paced_until > $2::timestamptz + $6::float8 * interval '1 millisecond' then $2::timestamptz
      else greatest(coalesce(paced_until, $2::timestamptz), $2::timestamptz) end as base
    from maskinporten_clients where id = $1::uuid for update
  ), given as (
    select id, base, least($3::int, greatest(0,
      floor((extract(epoch from $2::timestamptz - base) * 1000 + $5::float8) / $4::float8) + 1))::int as many from client
  ), moved as (
    update maskinporten_clients c set paced_until = g.base + g.many * $4::float8 * interval '1 millisecond'
    from given g where c.id = g.id and g.many > 0
  )
  select many, extract(epoch from base)::float8 * 1000 as "fromMs" from given`;

/** Renewals of all tenants' tokens, where many are looked at together. */
export const renewalRows = (pool: pg.Pool): Store['renewals'] => {
  const ask = asking(pool);
  return {
    async takeMoments(clientId, wanted, { now, spacingMs, nearMs }) {
      const [given] = await ask<{ many: number; fromMs: number }>('take-moments', momentsText, [
        clientId,
        now,
        wanted,
        spacingMs,
        nearMs,
        mostAheadMs,
      ]);
      // A client that is gone: asking for its tokens says so.
      return given ?? { many: wanted, fromMs: now.getTime() };
    },
    async oldestDueAt({ tenantId, id }) {
      const [oldest] = await ask<{ due_at: Date | null }>(
        'oldest-renewal',
        `select least(
           (select due_at from outbox where job || '' = 'refresh-token' and (leased_until is null or leased_until < clock_timestamp())
            order by job || '', due_at limit 1),
           (select due_at from outbox where job = 'refresh-token' and tenant_id = $1::uuid and subject_id = $2::uuid)) as due_at`,
        [tenantId, id],
      );
      return oldest?.due_at ?? undefined;
    },
    owed: (usedSince) =>
      ask(
        'owed-renewals',
        `select o.tenant_id as "tenantId", t.id, t.client_id as "clientId", o.due_at as "dueAt", t.life_seconds as "lifeSeconds",
           t.fetched_at as "fetchedAt", t.expires_at as "expiresAt", coalesce(o.leased_until > clock_timestamp(), false) as "isOut"
         from outbox o join tokens t on t.tenant_id = o.tenant_id and t.id = o.subject_id
         where o.job = 'refresh-token' and t.used_at > $1::timestamptz and t.expires_at is not null`,
        [usedSince],
      ),
    async move(moves) {
      // What is being handed out meanwhile is left alone, and not waited for.
      const moved = await ask<{ id: string }>(
        'move-renewals',
        `with moves as (
           select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[]) as m(tenant_id, id, was, due_at)
         ), free as (
           select o.tenant_id, o.subject_id, m.due_at from outbox o join moves m on o.tenant_id = m.tenant_id and o.subject_id = m.id
           where o.job = 'refresh-token' and o.due_at = m.was and (o.leased_until is null or o.leased_until < clock_timestamp())
           for update of o skip locked
         )
         update outbox o set due_at = f.due_at from free f
         where o.job = 'refresh-token' and o.tenant_id = f.tenant_id and o.subject_id = f.subject_id returning o.subject_id as id`,
        [
          moves.map(({ tenantId }) => tenantId),
          moves.map(({ id }) => id),
          moves.map(({ was }) => was),
          moves.map(({ dueAt }) => dueAt),
        ],
      );
      return new Set(moved.map(({ id }) => id));
    },
  };
};
