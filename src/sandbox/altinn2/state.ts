import type { Clock } from '../../lib/clock.ts';
import type { Settings } from '../settings.ts';
import type { World } from '../world.ts';
import { openSigningKeys, type SigningKeys } from './signing-keys.ts';

export type RequestStatus = 'Unopened' | 'Opened' | 'Accepted' | 'Rejected';

export type RequestedService = {
  serviceCode: string;
  editionCode: number;
  operations: string[] | null;
  /** What the service declares, and nothing else: Altinn drops the rest. */
  metadata: Record<string, string>;
};

/** Parties are bare numbers. Request and consent are one thing: the code names both. */
export type ConsentRequest = {
  /** Altinn's inner number, which shows in continuation tokens alone. */
  number: number;
  code: string;
  coveredBy: string;
  offeredBy: string;
  handledBy: string | null;
  requiredDelegator: string | null;
  validTo: Date;
  redirectUrl: string;
  services: RequestedService[];
  template: string;
  message: Record<string, string> | null;
  portalViewMode: 'Hide' | 'Show';
  status: RequestStatus;
  created: Date;
  lastChanged: Date;
  /** When it was accepted. */
  given: Date | null;
  /** How an accepted consent ended before its time; the request's status knows nothing of it. */
  ended: { at: Date; why: 'revoked' | 'used' | 'given back' } | null;
  /** Logged uses. */
  uses: number;
};

/** A supplier's wish that a consumer delegates API services to it. */
export type DelegationRequest = {
  id: string;
  coveredBy: string;
  offeredBy: string;
  /** `{code}_{edition}` */
  services: string[];
  redirectUrl: string;
  status: 'Created' | 'Unopened' | 'Opened' | 'Accepted' | 'Rejected';
  created: Date;
  lastChanged: Date;
};

export type Altinn2 = {
  world: World;
  settings: Settings;
  clock: Clock;
  /** With a trailing slash. */
  baseUrl: string;
  keys: SigningKeys;
  requests: Map<string, ConsentRequest>;
  delegationRequests: Map<string, DelegationRequest>;
  /** Now, in milliseconds that never come twice: lists go on from the time of the last change that was seen. */
  stamp(): Date;
  nextNumber(): number;
};

export const openAltinn2 = (parts: Pick<Altinn2, 'world' | 'settings' | 'clock' | 'baseUrl'>): Altinn2 => {
  let last = 0;
  let count = 1000;
  return {
    ...parts,
    keys: openSigningKeys(parts.settings, parts.clock),
    requests: new Map(),
    delegationRequests: new Map(),
    stamp() {
      last = Math.max(last + 1, parts.clock.now().getTime());
      return new Date(last);
    },
    nextNumber() {
      count += 1;
      return count;
    },
  };
};
