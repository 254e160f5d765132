import type { TenantOutcome, TenantRow } from '../domain/tenant-import.ts';

export type ImportTenantsAsk = {
  rows: readonly TenantRow[];
  /** Only look what would change. */
  dryRun: boolean;
  /** Those that nobody has invited yet are invited, in this language where a row says no other. */
  invite?: { language?: string | undefined } | undefined;
};

/** Tenants come by the hundred, and one leaves. `By`: the operator. */
export type ManyTenantsVerbs<By> = {
  /** What became of each row, in their order; with `dryRun` what would. */
  importTenants(by: By, ask: ImportTenantsAsk): Promise<TenantOutcome[]>;
};
