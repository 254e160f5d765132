import type { Consent } from '../domain/consent.ts';

/** Rows of one tenant by table, all of them, also where there are none. */
export type RowCounts = Record<string, number>;

/** What is left of a tenant that was erased, or is being. */
export type ErasedTenant = {
  id: string;
  orgnoDigest: Uint8Array;
  offboardingAt: Date;
  offboardedAt: Date;
  startedAt: Date;
  before: RowCounts;
  erasedAt?: Date;
  after?: RowCounts;
};

/** What it takes for a tenant to leave, at the operator's door. */
export type LeavingRows = {
  /** Its keys open nothing from here on, its tokens are gone, and its status says so. False when it is on its way already. */
  begin(id: string, now: Date, eraseAt: Date): Promise<boolean>;
  setEraseAt(id: string, eraseAt: Date): Promise<void>;
  /** Consents that have not ended, so many at most. */
  open(id: string, most: number): Promise<Consent['id'][]>;
  /** Of those that ended, so many are yet to be taken back at Altinn 2. */
  countToGiveBack(id: string): Promise<number>;
  /** Of those that were withdrawn, so many are still shown to the person at Altinn. */
  countLeftOpen(id: string): Promise<number>;
  /** Nothing is owed to it any more, but the erasure of persons. */
  finish(id: string, now: Date): Promise<void>;

  count(id: string): Promise<RowCounts>;
  findErased(id: string): Promise<ErasedTenant | undefined>;
  /** Once; a second time changes nothing. */
  startErasure(erased: ErasedTenant): Promise<void>;
  /** So many of its rows at most, of all but the last two tables; answers how many went. @throws Error before its time has come */
  eraseSome(id: string, now: Date, most: number): Promise<number>;
  /** What may have come since, and the tenant itself; counted in the same transaction. */
  eraseLast(id: string, now: Date): Promise<RowCounts>;

  addArchive(archive: {
    id: string;
    tenantId: string;
    madeAt: Date;
    withPersons: boolean;
    manifestDigest: Uint8Array;
    publicJwk: Record<string, unknown>;
  }): Promise<void>;
  findArchiveKey(id: string): Promise<Record<string, unknown> | undefined>;
};
