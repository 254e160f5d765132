import type pg from 'pg';
import type { UsageCount, UsageStore } from '../usecases/usage-port.ts';
import { asking } from './doors.ts';

/**
 * What is kept of a month beside what can still be counted: one statement, and so one moment, in which nothing that is
 * dropped meanwhile is missed or counted twice.
 */
const counting = `
  select tenant_id::text as "tenantId", to_char(month, 'YYYY-MM') as month, what, sum(count)::float8 as count from (
    select tenant_id, month, what, count from usage_months
    where tenant_id = any($1::uuid[]) and month >= ($2::timestamptz at time zone 'UTC')::date and month < ($3::timestamptz at time zone 'UTC')::date
    union all
    select tenant_id, date_trunc('month', timestamp at time zone 'UTC')::date,
      case type when 'consent.requested' then 'consents-requested' else 'consents-accepted' end, count(*)
    from events where tenant_id = any($1::uuid[]) and timestamp >= $2 and timestamp < $3
      and type in ('consent.requested', 'consent.accepted') group by 1, 2, 3
    union all
    select tenant_id, date_trunc('month', delivered_at at time zone 'UTC')::date, 'webhooks-delivered', count(*)
    from webhook_deliveries where tenant_id = any($1::uuid[]) and delivered_at >= $2 and delivered_at < $3 group by 1, 2
    union all
    select tenant_id, date_trunc('month', since at time zone 'UTC')::date, 'tokens', sum(count)
    from token_counts where tenant_id = any($1::uuid[]) and since >= $2 and since < $3 group by 1, 2
  ) counted group by 1, 2, 3`;

export const usageStatements = (operator: pg.Pool): UsageStore => {
  const ask = asking(operator);
  return {
    async addDataCalls(counts) {
      const text = `insert into usage_months as u (tenant_id, month, what, count)
        select "tenantId", (month || '-01')::date, 'data-calls', count
        from jsonb_to_recordset($1) as o("tenantId" uuid, month text, count bigint) order by 1, 2
        on conflict (tenant_id, month, what) do update set count = u.count + excluded.count`;
      await ask('add-data-calls', text, [JSON.stringify(counts)]);
    },
    countUsage: (tenantIds, { start, end }) => ask<UsageCount>('count-usage', counting, [[...tenantIds], start, end]),
  };
};
