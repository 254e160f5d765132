import type { Consent } from '../domain/consent.ts';
import type { NewEvent } from '../domain/event.ts';
import type { JobName } from './jobs.ts';
import type { ConsentFilter, Page, PageAsk } from './use-cases.ts';

/** A consent about to be kept: what `create_consents` takes. */
export type ConsentDraft = {
  id: string;
  generation: Consent['generation'];
  reference?: string | undefined;
  party: Consent['party'];
  partyLookup: Uint8Array;
  partySealed: Uint8Array;
  rights: Consent['rights'];
  validTo: Date;
  redirectUrl: string;
  message?: Consent['message'] | undefined;
  createdBy: string;
  idempotency?: { key: string; bodyHmac: Uint8Array } | undefined;
};

export type Created = { consentId: string; outcome: 'created' | 'same' | 'different' };

export type SealedParty = { consent: Consent; partySealed?: Uint8Array };

/**
 * What a consent becomes, from the version that was seen, with the work it owes (for itself, unless it names another
 * `subject`) and the events that tell of it.
 */
export type ConsentChange = {
  seen: number;
  consent: Consent;
  owed: { job: JobName; due: Date; subject?: string }[];
  events: NewEvent[];
  now: Date;
};

/** A tenant’s consents, inside one transaction. */
export type ConsentRows = {
  find(id: string): Promise<SealedParty | undefined>;
  /** What an idempotency key led to before; without the HMAC of its body once that is erased. */
  findByKey(idempotencyKey: string): Promise<{ consent: Consent; bodyHmac?: Uint8Array } | undefined>;
  /** As `find`, and nobody else changes it before this transaction ends. */
  lock(id: string): Promise<Consent | undefined>;
  /** False when it has another version than was seen. Its events come last, so this is the last of a transaction. */
  change(change: ConsentChange): Promise<boolean>;
  /** Those of these ids that are the tenant’s, without a lock. */
  findSome(ids: readonly string[]): Promise<Consent[]>;
  /** As `lock`, several in the order of their ids: whoever locks more than one does it so. */
  lockSome(ids: readonly string[]): Promise<Consent[]>;
  /** As `change`, of several that are locked. The last of a transaction too. */
  changeSome(changes: readonly ConsentChange[]): Promise<void>;
  /** `at`: when Altinn was asked. */
  looked(id: string, at: Date): Promise<void>;
  /** A browser came back. False when one did a moment ago, and the look it is owed is still to come. */
  returned(id: string, at: Date): Promise<boolean>;
  list(filter: ConsentFilter & { partyLookup?: Uint8Array | undefined }, page: PageAsk): Promise<Page<Consent>>;
  /** The number, its look-up, the message and the HMAC of the body go; what may be shown shrinks to a mask without birth date. */
  erase(id: string): Promise<void>;
  oldestBlockedOn(accessId: string): Promise<string | undefined>;
  /** A state that `goesOut` noted is taken back: Altinn refused the request, or it never got there. */
  wasRefused(digest: Uint8Array): Promise<void>;
  /** Altinn has it, under an id of its own. */
  isAtAltinn(id: string, upstreamId: string): Promise<void>;
  /** It was withdrawn, and Altinn has taken it back too (or never had it). */
  isClosedAtAltinn(id: string): Promise<void>;
  /** Digests of the states that went out with it. */
  states(id: string): Promise<Uint8Array[]>;
  /** Its data were read, and Altinn is to hear of it: that is owed with it. */
  used(id: string, service: string, at: Date): Promise<void>;
  /** What Altinn has not heard of yet. */
  uses(id: string): Promise<{ service: string; at: Date }[]>;
  /** Altinn has heard of this one; a later one stays. */
  useLogged(id: string, use: { service: string; at: Date }): Promise<void>;
  /** Was it put to Altinn without being refused? Known for certain only while its row is locked. */
  mayBeAtAltinn(id: string): Promise<boolean>;
};
