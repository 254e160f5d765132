import type { Language } from '../domain/invitation.ts';
import type { TenantOutcome, TenantRow } from '../domain/tenant-import.ts';

export type ImportTenantsAsk = {
  rows: readonly TenantRow[];
  /** Only look what would change. */
  dryRun: boolean;
  /** Those that nobody has invited yet are invited, in this language where a row says no other. */
  invite?: { language?: Language | undefined } | undefined;
};

/** What is known of a tenant's rows, counted table by table: when they began to go, in the transaction that took the last, and now. */
export type Erasure = {
  tenantId: string;
  state: 'waiting' | 'erasing' | 'erased';
  offboardingAt: Date;
  offboardedAt?: Date;
  /** While it waits. */
  eraseAt?: Date;
  startedAt?: Date;
  erasedAt?: Date;
  /** SHA-256 of `<id>:<orgno>`, once it has begun. */
  orgnoDigest?: Uint8Array;
  tables: { table: string; before?: number; after?: number; now: number }[];
};

/** Tenants come by the hundred, and one leaves. `By`: the operator. */
export type ManyTenantsVerbs<By, Tenant> = {
  /** What became of each row, in their order; with `dryRun` what would. */
  importTenants(by: By, ask: ImportTenantsAsk): Promise<TenantOutcome[]>;
  /**
   * Its keys open nothing from now on; the rest follows. A second time changes nothing but when it is erased.
   *
   * @throws Problem `tenant-not-found`, `tenant-not-confirmed`
   */
  offboardTenant(by: By, id: string, ask: { confirm: string; eraseAfterDays?: number | undefined }): Promise<Tenant>;
  /** @throws Problem `tenant-not-found`, `tenant-not-leaving` */
  readErasure(by: By, id: string): Promise<Erasure>;
  /** What an archive's signature is checked with: anybody may. */
  findArchiveKey(id: string): Promise<Record<string, unknown> | undefined>;
};
