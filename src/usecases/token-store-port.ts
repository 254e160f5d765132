import type { KeptProblem } from '../domain/problem.ts';

export type TokenRow = {
  id: string;
  tenantId: string;
  clientId: string;
  scopes: string[];
  resource: string[];
  consentId?: string;
  sealed?: Uint8Array;
  expiresAt?: Date;
  fetchedAt?: Date;
  /** How long such a token lives, as its rhythm goes by it. */
  lifeSeconds?: number;
  usedAt?: Date;
  failure?: KeptProblem;
  failedUntil?: Date;
};
export type TokenSpec = Pick<TokenRow, 'clientId' | 'scopes' | 'resource' | 'consentId'> & { identity: Uint8Array };

/** So many tokens of one scope went out with one API key within one full hour. */
export type TokenCount = { tenantId: string; keyId: string; scope: string; hour: Date; count: number; lastAt: Date };

/** The renewal of a token that is owed, as it stands in the outbox. */
export type OwedRenewal = {
  tenantId: string;
  /** The token's. */
  id: string;
  clientId: string;
  dueAt: Date;
  lifeSeconds: number | null;
  fetchedAt: Date;
  expiresAt: Date;
  /** Handed out, by this process or another. */
  isOut: boolean;
};

/** Renewals of all tenants' tokens. A statement each, and no transaction around several. */
export type Renewals = {
  /** Gives away moments of this client's, each to one caller over all processes: `many` of those wanted, from `fromMs` on. */
  takeMoments(
    clientId: string,
    wanted: number,
    pace: { now: Date; spacingMs: number; nearMs: number },
  ): Promise<{ many: number; fromMs: number }>;
  /** Of those that are not handed out, and of this one, which is. */
  oldestDueAt(own: { tenantId: string; id: string }): Promise<Date | undefined>;
  /** All of tokens used since, those that are handed out too. */
  owed(usedSince: Date): Promise<OwedRenewal[]>;
  /** Those that are still due when they `was`, and not handed out, are due then. Answers whose moved. */
  move(moves: readonly { tenantId: string; id: string; was: Date; dueAt: Date }[]): Promise<Set<string>>;
};

/** Tokens as the database has them, one statement each: an app waits for what these lead to. */
export type TokenStore = {
  /** The row of that identity, made with this id when there is none; undefined where the scope is held for `mostResources` already. */
  tokenRow(
    tenantId: string,
    spec: TokenSpec,
    id: string,
    mostResources: number,
    now: Date,
  ): Promise<TokenRow | undefined>;
  findToken(tenantId: string, id: string): Promise<TokenRow | undefined>;
  /** The right to fetch, for so long; undefined while somebody else has it, or has fetched one since the row was read. */
  leaseToken(tenantId: string, id: string, forMs: number, seenFetchedAt: Date | undefined): Promise<number | undefined>;
  /**
   * `late`, and nothing is written, when the lease has passed on; `ended` likewise when the consent it carries is not in
   * force any more, and `suspended` when its tenant is. With `renewAt` its renewal is owed then.
   */
  keepToken(
    row: Pick<TokenRow, 'tenantId' | 'id' | 'consentId'>,
    lease: number,
    token: { sealed: Uint8Array; expiresAt: Date; fetchedAt: Date; lifeSeconds: number; renewAt?: Date },
  ): Promise<'kept' | 'late' | 'ended' | 'suspended'>;
  /** A refusal, believed until then; does nothing when the lease has passed on. */
  failToken(tenantId: string, id: string, lease: number, failure: KeptProblem, until: Date): Promise<void>;
  /** These tokens were used, by tenant and id; the latest use of each is kept. */
  noteUses(uses: readonly { tenantId: string; id: string; at: Date }[]): Promise<void>;
  /** So many tokens more were handed out. */
  addTokenCounts(counts: readonly TokenCount[]): Promise<void>;
  renewals: Renewals;
};
