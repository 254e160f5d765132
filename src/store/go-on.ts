import type { OperatorRows } from '../usecases/store-port.ts';
import type { Tx } from './doors.ts';

/**
 * All that waited for one client goes on: its tokens, access to its scopes, and, where it is meant for consents, those and
 * tenants' feeds.
 * Rows are locked in the order of their keys, and those that are locked are passed over: two clients that start at once, or
 * one beside other work, never wait for each other.
 */
export const goOnIn =
  (tx: Tx, tell: (topic: string) => void): OperatorRows['outbox']['goOn'] =>
  async ({ id, purpose, scopes }, codes, now, everyMs) => {
    await tx.$executeRaw`
      with believed as (
        select tenant_id, id from tokens
        where client_id = ${id}::uuid and failed_until > ${now}::timestamptz and failure->>'code' = any(${codes}::text[])
        order by tenant_id, id for update skip locked)
      update tokens t set failed_until = null from believed b where t.tenant_id = b.tenant_id and t.id = b.id`;
    const owed = await tx.$executeRaw`
      select owe('probe-access', tenant_id, id, ${now}::timestamptz + (place - 1) * ${everyMs}::int * interval '1 millisecond', ${now}::timestamptz)
      from (select tenant_id, id, row_number() over (order by since, id) as place from access
            where kind = 'scope' and state = 'missing' and string_to_array(name, ' ') <@ ${scopes}::text[]
              and coalesce(own_problem, problem)->>'code' = any(${codes}::text[]) order by tenant_id, id) refused`;
    if (owed > 0) tell('work:probe-access');
    const woken = await tx.$queryRaw<{ job: string }[]>`
      with failed as (
        select job, tenant_id, subject_id, due_at from outbox o
        where last_problem = any(${codes}::text[]) and (leased_until is null or leased_until < clock_timestamp()) and (
          exists (select from tokens t where t.tenant_id = o.tenant_id and t.id = o.subject_id and t.client_id = ${id}::uuid)
          or exists (select from access a where a.tenant_id = o.tenant_id and a.id = o.subject_id
            and a.kind = 'scope' and string_to_array(a.name, ' ') <@ ${scopes}::text[])
          or (${purpose} = 'consents' and (o.job = 'read-feed' or exists (
            select from consents c where c.tenant_id = o.tenant_id and c.id = o.subject_id))))
        order by job, tenant_id, subject_id for update of o skip locked
      ), placed as (
        select job, tenant_id, subject_id, row_number() over (order by due_at) as place from failed
      )
      update outbox o set due_at = least(o.due_at, ${now}::timestamptz + (place - 1) * ${everyMs}::int * interval '1 millisecond')
      from placed p where o.job = p.job and o.tenant_id = p.tenant_id and o.subject_id = p.subject_id returning o.job`;
    for (const job of new Set(woken.map(({ job }) => job))) tell(`work:${job}`);
  };
