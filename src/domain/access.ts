import type { KeptProblem } from './problem.ts';

/** May we act for this tenant: a token for a scope at Maskinporten, or a consent for a service at Altinn? */
export type Access = {
  tenantId: string;
  id: string;
  kind: 'scope' | 'service';
  name: string;
  state: 'granted' | 'missing' | 'unknown';
  problem?: KeptProblem;
  since: Date;
  checkedAt?: Date;
  /** Probes in a row that found it missing. */
  probes: number;
};
