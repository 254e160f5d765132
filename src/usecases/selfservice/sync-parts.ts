import type { Parts } from '../memory.ts';

/** What bringing the operator's clients in step takes: a store, keys to sign with, Maskinporten and the self-service API. */
export type SyncParts = Pick<
  Parts,
  | 'clock'
  | 'ids'
  | 'log'
  | 'store'
  | 'keystore'
  | 'signing'
  | 'keySources'
  | 'maskinporten'
  | 'selfService'
  | 'scopeCatalogue'
> & {
  settings: Pick<Parts['settings'], 'operatorOrgno' | 'links' | 'selfService' | 'leaseMs'>;
  /** Somebody waits meanwhile. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
};

/** Who did it, in the audit. */
export const syncing = 'clients sync';
