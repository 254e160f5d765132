import type { MonthSpan, MonthUsage } from '../domain/usage.ts';

/** What is counted, by the names the database knows. */
export type UsageCount = {
  tenantId: string;
  month: string;
  what: 'consents-requested' | 'consents-accepted' | 'tokens' | 'data-calls' | 'webhooks-delivered';
  count: number;
};

export type UsageStore = {
  /** So many calls for data more. */
  addDataCalls(counts: readonly Omit<UsageCount, 'what'>[]): Promise<void>;
  /** All that was counted of these tenants, as of one moment: what was dropped meanwhile is counted once. */
  countUsage(tenantIds: readonly string[], bounds: { start: Date; end: Date }): Promise<UsageCount[]>;
};

export type TenantUsage = MonthUsage & { tenantId: string; orgno: string; name: string };

/** For invoices. `By`: the operator. */
export type UsageVerbs<By> = {
  /** By tenant, then by month, oldest first. A page has so many tenants, with all their months. */
  readUsage(
    by: By,
    span: MonthSpan,
    page: { cursor?: string | undefined; limit: number },
  ): Promise<{ items: TenantUsage[]; next?: string }>;
  /** One tenant's, to the operator or to itself. */
  readTenantUsage(tenantId: string, span: MonthSpan): Promise<MonthUsage[]>;
};
