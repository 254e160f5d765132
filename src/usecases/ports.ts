import type { Message } from '../domain/consent.ts';
import type { Party } from '../domain/party.ts';
import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import type { Log } from '../lib/log.ts';
import type { SealingRing } from '../lib/seal.ts';
import type { Store } from './store-port.ts';

/** A key that signs grants for one client of ours. */
export type SigningKey = { kid?: string; certificateChain?: string[]; sign(input: Uint8Array): Promise<Uint8Array> };

/** Private and public part of a key for one of our clients. `kid` is what is registered at Maskinporten. */
export type KeyPair = {
  kid?: string;
  privateJwk: Record<string, unknown>;
  publicJwk: Record<string, unknown>;
  certificateChain: string[];
};

export type SigningKeys = {
  /** A new RSA key with a `kid` unlike any other. */
  generate(now: Date): Promise<KeyPair>;
  /** A key handed over. @throws Problem `key-unusable`, saying why */
  read(
    given:
      | { jwk: Record<string, unknown> }
      | { pem: string; kid?: string | undefined; certificateChain?: string[] | undefined },
  ): KeyPair;
  /** A key that signs. */
  open(privateJwk: Record<string, unknown>, name: { kid?: string; certificateChain: string[] }): SigningKey;
};

export type TokenAsk = {
  /** Our `client_id` at Maskinporten. */
  clientId: string;
  key: SigningKey;
  scopes: readonly string[];
  /** The organisation the token is for. Sent as `consumer_org` unless it is the operator itself. */
  consumer: string;
  resource?: readonly string[];
  /** The consent whose `authorization_details` the token shall carry, and whom it is about. */
  consent?: { id: string; from: Party };
};

export type IssuedToken = { token: string; expiresAt: Date };

/** Safe to repeat: each try is a new grant with its own `jti`. @throws Problem by the table in `domain/refusals.ts` */
export type Maskinporten = {
  readonly issuer: string;
  requestToken(ask: TokenAsk, signal: AbortSignal): Promise<IssuedToken>;
};

export type Submission = {
  /** Ours, and so Altinn 3's: what makes repeating safe. */
  id: string;
  from: Party;
  /** The tenant's organisation number. */
  to: string;
  requiredDelegator?: Party;
  validTo: Date;
  rights: { resource: string; metadata: Record<string, string> }[];
  message?: Message;
  /** The hub's own callback. */
  redirectUrl: string;
};

export type UpstreamConsent = {
  id: string;
  status: 'Created' | 'Accepted' | 'Rejected' | 'Revoked' | 'Deleted';
  approvalUrl: string;
  consentedAt?: Date;
};

/** Consent requests at one generation of Altinn. */
export type ConsentGateway = {
  /** Safe to repeat with the same id. @throws Problem `altinn-…`, `not-on-access-list`, `person-unknown` … */
  submit(submission: Submission, token: string, signal: AbortSignal): Promise<UpstreamConsent>;
  /** The truth. @throws Problem `altinn-unavailable`, `altinn-refused` … */
  read(id: string, token: string, signal: AbortSignal): Promise<UpstreamConsent>;
};

/** What came of one try. `error` (and no `status`) when there was no answer. */
export type DeliveryResult = {
  status?: number;
  error?: 'timeout' | 'refused-address' | 'unresolved' | 'connection' | 'tls' | 'redirect';
  /** At most 1 kB of the answer. */
  answer?: string;
  retryAfterSeconds?: number;
  durationMs: number;
};

/** The one way out to addresses that tenants choose. Never throws for what a receiver does. */
export type WebhookSender = {
  send(
    message: {
      /** Whose webhook: tenants share no connections, also to a receiver that several of them have. */
      tenantId: string;
      url: string;
      id: string;
      timestamp: Date;
      body: string;
      secrets: readonly string[];
    },
    signal: AbortSignal,
  ): Promise<DeliveryResult>;
  /** Would this address be sent to at all? Says why not. Looks at the text only, resolves nothing. */
  fault(url: string): string | undefined;
};

/** A short word between processes that something changed; may be lost, so whoever waits also looks by itself now and then. */
export type Notices = {
  /** Sent after commit, many in one, every few milliseconds. */
  tell(topic: string): void;
  /** Calls back at each notice of the topic; the answer stops that. */
  on(topic: string, listener: () => void): () => void;
};

/** Signing keys at rest. The API process can only close; workers alone can open. */
export type Keystore = {
  close(place: { clientId: string; keyId: string }, privateJwk: object): Promise<string>;
  open(place: { clientId: string; keyId: string }, sealed: string): Promise<Record<string, unknown>>;
};

export type Settings = {
  production: boolean;
  operatorOrgno: string;
  /** Where browsers come back to; callback addresses begin with it. No slash at its end. */
  publicUrl: string;
  issuer: string;
  /** Scope of the consent API: lets us create and read (`altinn:consentrequests.write`). */
  consentScope: string;
  /** Links for whoever must act. */
  links: { delegate: string; grant: string; selfService: string };
  /** The national number goes so long after a consent's end. */
  eraseAfterMs: number;
  /** At which part of its life a token in use is fetched anew. */
  renewAt: number;
  /** So many renewals a second at most, for each Maskinporten client, over all processes. */
  refreshPerSecond: number;
  webhookSchedule: readonly number[];
  /** How long work handed out is left alone, where somebody chose it. */
  leaseMs?: number | undefined;
  bootstrapOperatorKey?: string;
};

export type Ports = {
  clock: Clock;
  ids: Ids;
  log: Log;
  store: Store;
  notices: Notices;
  sealing: SealingRing;
  keystore: Keystore;
  signing: SigningKeys;
  maskinporten: Maskinporten;
  altinn3: ConsentGateway;
  webhooks: WebhookSender;
  settings: Settings;
  /** How full the queue engine's corridors are, by queue. */
  /** By queue; null while the engine does not answer. */
  countEngine(): Promise<Record<string, { waiting: number; active: number } | null>>;
};
