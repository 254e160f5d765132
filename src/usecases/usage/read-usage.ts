import { Problem } from '../../domain/problem.ts';
import { boundsOf, isComplete, type MonthSpan, type MonthUsage, monthOf, monthsIn } from '../../domain/usage.ts';
import type { Parts } from '../memory.ts';
import type { TenantUsage, UsageCount, UsageVerbs } from '../usage-port.ts';
import type { Tenant } from '../use-cases.ts';

const usageIn = (counts: readonly UsageCount[], month: string, now: Date): MonthUsage => {
  const of = (what: UsageCount['what']): number =>
    counts.find((one) => one.month === month && one.what === what)?.count ?? 0;
  return {
    month,
    isComplete: isComplete(month, now),
    consentsRequested: of('consents-requested'),
    consentsAccepted: of('consents-accepted'),
    tokensHandedOut: of('tokens'),
    dataCalls: of('data-calls'),
    webhooksDelivered: of('webhooks-delivered'),
  };
};

/** What tenants used, month by month. */
export const usage = ({ clock, store }: Pick<Parts, 'clock' | 'store'>): UsageVerbs<unknown> => {
  const count = async (tenants: readonly Tenant[], span: MonthSpan) => {
    const ids = tenants.map(({ id }) => id);
    const counts = await store.countUsage(ids, boundsOf(span));
    const byTenant = Map.groupBy(counts, ({ tenantId }) => tenantId);
    const now = clock.now();
    return tenants.map((tenant) => {
      const own = byTenant.get(tenant.id) ?? [];
      // Before it was a tenant there was nothing to count.
      const [first = ''] = [monthOf(tenant.createdAt), ...own.map(({ month }) => month)].toSorted();
      const months = monthsIn(span).filter((month) => month >= first);
      return { tenant, months: months.map((month) => usageIn(own, month, now)) };
    });
  };
  return {
    async readUsage(_by, span, page) {
      const { items, ...rest } = await store.asOperator((rows) => rows.tenants.list(page));
      const counted = await count(items, span);
      return {
        ...rest,
        items: counted.flatMap(({ tenant: { id: tenantId, orgno, name }, months }) =>
          months.map((month) => ({ tenantId, orgno, name, ...month })),
        ),
      };
    },
    async readTenantUsage(tenantId, span) {
      const tenant = await store.asOperator((rows) => rows.tenants.find(tenantId));
      if (!tenant) throw new Problem('tenant-not-found', 'No tenant with this id');
      const [counted] = await count([tenant], span);
      return counted?.months ?? [];
    },
  };
};

/** All of it, for a report. */
export const allUsage = (parts: Pick<Parts, 'clock' | 'store'>) => {
  const { readUsage } = usage(parts);
  return async (span: MonthSpan): Promise<TenantUsage[]> => {
    const all: TenantUsage[] = [];
    let cursor: string | undefined;
    do {
      const page: Awaited<ReturnType<typeof readUsage>> = await readUsage(undefined, span, { limit: 100, cursor });
      all.push(...page.items);
      cursor = page.next;
    } while (cursor !== undefined);
    return all;
  };
};
