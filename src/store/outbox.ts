import type pg from 'pg';
import type { HandOut, Outbox } from '../usecases/outbox-port.ts';
import { knownFault } from './doors.ts';

/**
 * With few rows due (no more than are looked at), all of them are ranked by tenant. With a backlog, the tenants are
 * found one by one along the index, and each brings a few of its oldest rows, however many it has.
 */
const claimText = `
  with free as (
    select greatest(0, $4::int - (select count(*) from outbox where job = $1 and leased_until > clock_timestamp()))::int as room
  ), first as materialized (
    select tenant_id, subject_id, due_at from outbox, free
    where job = $1 and due_at <= $2::timestamptz and (leased_until is null or leased_until < clock_timestamp()) and room > 0
    order by due_at limit 256
  ), crowded as (select count(*) = 256 as yes from first
  ), tenants as (
    select distinct tenant_id from (
      with recursive t as (
        (select tenant_id from outbox where job = $1 and (select yes from crowded) order by tenant_id limit 1)
        union all
        select (select o.tenant_id from outbox o where o.job = $1 and o.tenant_id > t.tenant_id order by o.tenant_id limit 1)
        from t where t.tenant_id is not null
      ) select tenant_id from t where tenant_id is not null) found
  ), due as (
    select tenant_id, subject_id, row_number() over (partition by tenant_id order by due_at) as turn from first where not (select yes from crowded)
    union all
    select d.tenant_id, d.subject_id, d.turn from tenants t cross join lateral (
      select o.tenant_id, o.subject_id, row_number() over (order by o.due_at) as turn from (
        select tenant_id, subject_id, due_at from outbox where job = $1 and tenant_id = t.tenant_id and due_at <= $2::timestamptz
          and (leased_until is null or leased_until < clock_timestamp())
        order by due_at limit least((select room from free), greatest(2, ceil((select room from free) * 8.0 / (select count(*) from tenants))))::int) o) d
  ), chosen as (
    select tenant_id, subject_id from due order by turn, random() limit (select room from free)
  ), locked as (
    select o.job, o.tenant_id, o.subject_id from outbox o join chosen c using (tenant_id, subject_id)
    where o.job = $1 and o.due_at <= $2::timestamptz and (o.leased_until is null or o.leased_until < clock_timestamp())
    for update of o skip locked
  )
  update outbox o set leased_until = clock_timestamp() + $3::int * interval '1 millisecond', hand_outs = o.hand_outs + 1, again_at = null
  from locked l where o.job = l.job and o.tenant_id = l.tenant_id and o.subject_id = l.subject_id
  returning o.id as "outboxId", o.tenant_id as "tenantId", o.subject_id as "subjectId", o.hand_outs as "handOut", o.failures`;

export const openOutbox = (pool: pg.Pool): Outbox => {
  const ask = async <R extends pg.QueryResultRow>(name: string, text: string, values: unknown[]): Promise<R[]> =>
    (
      await pool.query<R>({ name, text, values }).catch((error: unknown) => {
        throw knownFault(error);
      })
    ).rows;
  const key = (job: string, { tenantId, subjectId, handOut, outboxId }: HandOut) => [
    job,
    tenantId,
    subjectId,
    handOut,
    outboxId,
  ];
  // The id too: a late run of a row that is gone must not settle the one that came in its place.
  const row = 'job = $1 and tenant_id = $2 and subject_id = $3 and hand_outs = $4 and id = $5';
  return {
    claim: (job, now, leaseMs, window) => ask('claim', claimText, [job, now, leaseMs, window]),
    async settle(job, done, nextAt) {
      if (nextAt === undefined) {
        const gone = await ask(
          'settle-done',
          `delete from outbox where ${row} and again_at is null returning 1`,
          key(job, done),
        );
        if (gone.length > 0) return;
      }
      await ask(
        'settle-next',
        `update outbox set leased_until = null, again_at = null, failures = 0, last_problem = null,
           due_at = least(again_at, $6::timestamptz) where ${row}`,
        [...key(job, done), nextAt],
      );
    },
    async fail(job, failed, again, problem) {
      await ask(
        'fail',
        `update outbox set leased_until = null, again_at = null, failures = failures + 1, last_problem = $7,
           due_at = least(again_at, $6::timestamptz) where ${row}`,
        [...key(job, failed), again, problem],
      );
    },
    async rest(job, resting, until, now) {
      // The lock lets whoever resumes the tenant come wholly before or wholly after: no row rests on behind their back.
      await ask(
        'rest',
        `with tenant as (select status from tenants where id = $2 for share)
         update outbox set leased_until = null, again_at = null, last_problem = 'tenant-suspended',
           due_at = case when (select status from tenant) = 'suspended' then $6::timestamptz else $7::timestamptz end
         where ${row}`,
        [...key(job, resting), until, now],
      );
    },
    async nextIn(job, now) {
      const [next] = await ask<{ ms: number | null }>(
        'next-in',
        `select least(
           (select min(extract(epoch from due_at - $2::timestamptz)) from outbox where job = $1 and (leased_until is null or leased_until < clock_timestamp())),
           (select min(extract(epoch from leased_until - clock_timestamp())) from outbox where job = $1 and leased_until > clock_timestamp())) * 1000 as ms`,
        [job, now],
      );
      return next?.ms === null || next?.ms === undefined ? undefined : Math.max(0, Number(next.ms));
    },
    stands: async (job, handedOut) =>
      (await ask('stands', `select 1 from outbox where ${row}`, key(job, handedOut))).length > 0,
    async putBack(job, back) {
      for (const one of back)
        await ask('put-back', `update outbox set leased_until = null where ${row}`, key(job, one));
    },
  };
};
