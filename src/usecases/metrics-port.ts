import type { ProblemCode } from '../domain/problem.ts';

/** Counts tokens that leave the hub, by the API key they leave with. */
export type TokenCounter = { count(tenantId: string, keyId: string, scope: string): void };

/** Counts calls for data that a data source answered, by the month they were made in (UTC), for invoices. */
export type UsageCounter = { dataCall(tenantId: string): void };

/** Why a consent is read at Altinn: its time has come, its person's browser is back, or it ends. */
export type ReadMetrics = { consentRead(why: 'pace' | 'return' | 'end'): void };

/** How apps fare that ask for tokens. On the hottest path there is: each call must cost next to nothing. */
export type TokenMetrics = {
  /** At hand in this process, found in the database, or waited for until a worker had it; and how long it still lives. */
  handedOut(from: 'memory' | 'row' | 'fetched', leftMs: number): void;
  /** The app was told a problem instead. */
  refused(): void;
  /** An app waits for what another has asked for already. */
  joined(): void;
};

/** How tenants’ feeds fare. */
export type FeedMetrics = {
  /** A page was read and applied, and so many consents changed by it: the other senses had missed them. */
  read(changed: number): void;
  /** A page did not come. */
  failed(code: ProblemCode | 'internal'): void;
};

/** How webhooks fare: what came of one try. `overtaken`: not recorded, since its hand-out was overtaken by a later one. */
export type WebhookMetrics = {
  tried(outcome: 'delivered' | 'failed' | 'given-up' | 'gone' | 'overtaken', durationMs: number): void;
};
