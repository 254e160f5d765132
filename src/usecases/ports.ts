import type { LongestLives } from '../domain/client-scopes.ts';
import type { Message } from '../domain/consent.ts';
import type { Party } from '../domain/party.ts';
import type { ReadBudget } from '../domain/read-turns.ts';
import type { ClientCertificate, HandedCertificate, PrivateTarget, ReceiverAuthAsk } from '../domain/receiver.ts';
import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import type { Log } from '../lib/log.ts';
import type { SealingRing } from '../lib/seal.ts';
import type { DataMetrics, DataSources } from './data-port.ts';
import type { FeedMetrics, ReadMetrics, TokenMetrics, WebhookMetrics } from './metrics-port.ts';
import type { Store } from './store-port.ts';
import type { HandedKey, KeySource } from './use-cases.ts';

/** A key that signs grants for one client of ours. */
export type SigningKey = { kid?: string; certificateChain?: string[]; sign(input: Uint8Array): Promise<Uint8Array> };

/**
 * What anybody may know of a key for one of our clients. `kid` is what is registered at Maskinporten; `expiresAt` the end of
 * the certificate it signs by.
 */
export type PublicKey = {
  kid?: string;
  publicJwk: Record<string, unknown>;
  certificateChain: string[];
  expiresAt?: Date;
};
export type KeyPair = PublicKey & { privateJwk: Record<string, unknown> };

/** Whose a certificate must be, and when it must be valid. */
export type KeyOwner = { orgno: string; now: Date };

export type SigningKeys = {
  /** A new RSA key with a `kid` unlike any other. */
  generate(now: Date): Promise<KeyPair>;
  /** A key handed over. Answers within seconds, whatever it was locked with. @throws Problem `key-unusable`, saying why and in which field */
  read(given: HandedKey, owner: KeyOwner): Promise<KeyPair>;
  /** A key that signs. */
  open(privateJwk: Record<string, unknown>, name: { kid?: string; certificateChain: string[] }): SigningKey;
};

/** Keys that lie in files or in an HSM. Workers alone can look at them. */
export type KeySources = {
  /** What lies there now. @throws Problem `key-unusable`, saying why */
  look(source: KeySource, kid: string | undefined, owner: KeyOwner): Promise<PublicKey>;
  /**
   * A key that signs with what lies there when it signs, if it is still this one.
   * Its `sign` throws Problem `client-key-unavailable`, and logs why.
   */
  open(source: KeySource, key: PublicKey): SigningKey;
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

/** The public catalogue of scopes. Open to everybody, and large: it is read now and then, in workers. */
export type ScopeCatalogue = {
  /** Of those among these scopes that are public. @throws Error when it cannot be read */
  longestLives(scopes: readonly string[], signal: AbortSignal): Promise<LongestLives>;
};

export type Submission = {
  /** Ours, and so Altinn 3's: what makes repeating safe. */
  id: string;
  from: Party;
  /** Surname or organisation's name; Altinn 2 wants it and compares it with the registers. */
  fromName?: string;
  /** The tenant's organisation number. */
  to: string;
  requiredDelegator?: Party;
  requiredDelegatorName?: string;
  validTo: Date;
  /** `resource` as the generation names it (`upstreamName`): `ske-inntekt` in Altinn 3, `4628_210607` in Altinn 2. */
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

/** A request that we made for one tenant, as Altinn 2 lists it. `redirectUrl` holds our state, where Altinn shows it. */
export type ListedRequest = UpstreamConsent & { redirectUrl?: string; changedAt: Date };

/** Signed by Altinn 2, and checked by us: of this consent, between these parties, for these rights. */
export type ConsentToken = { token: string; expiresAt: Date };

/** What a consent token must say to be of a consent of ours. */
export type ConsentTokenAsk = Pick<Submission, 'from' | 'to' | 'rights'> & { code: string };

/**
 * Consent requests at Altinn 2. Its ids are its own (authorisation codes), and nothing tells a repeat from another request.
 *
 * `submit` throws Problem `altinn-unreachable` only where nothing can have been sent, `altinn-unavailable` where it is not known
 * what became of it (no answer, 5xx, one that cannot be read), and any other where Altinn made no request.
 */
export type Altinn2 = ConsentGateway & {
  /** A page of the requests we made for the token's consumer, the oldest change first; `next` goes on behind it. */
  list(
    from: string | undefined,
    token: string,
    signal: AbortSignal,
  ): Promise<{ requests: ListedRequest[]; next?: string }>;
  /** Takes back a request that nobody has answered yet. @throws Problem `altinn-refused` where it is answered, or not ours */
  withdraw(code: string, token: string, signal: AbortSignal): Promise<void>;
  /** @throws Problem `consent-not-at-altinn` when Altinn gives none: not given, revoked, run out or used up, it does not say which; `consent-token-foreign` when what it gave is not of this consent */
  consentToken(ask: ConsentTokenAsk, token: string, signal: AbortSignal): Promise<ConsentToken>;
  /** Says that data were fetched; ends a one-time consent. */
  logUse(code: string, used: { resource: string; at: Date }, token: string, signal: AbortSignal): Promise<void>;
  /** The tenant throws away what it was given. */
  giveBack(code: string, token: string, signal: AbortSignal): Promise<void>;
};

/** One thing that happened to a consent request of the tenant’s, whoever made it. Without a status where it changes none. */
export type FeedNews = { consentId: string; at: Date; status?: UpstreamConsent['status'] };

/** `next` leads to the page after it. */
export type FeedPage = { news: FeedNews[]; next?: string };

/** What happened to all consent requests of one tenant, told some minutes late and in order. */
export type ConsentFeed = {
  /**
   * One page: the first one after that time, or the one that an earlier page’s `next` leads to. No `next`: there is no more yet.
   * @throws Problem as `read`; `feed-link-foreign` where the link leaves Altinn’s feed: the token goes nowhere else
   */
  readFeed(from: { after: Date } | { link: string }, token: string, signal: AbortSignal): Promise<FeedPage>;
};

/** What came of one try. `error` (and no `status`) when there was no answer. */
export type DeliveryResult = {
  status?: number;
  error?:
    | 'timeout'
    | 'refused-address'
    | 'unresolved'
    | 'connection'
    | 'tls'
    | 'redirect'
    /** The operator's own way out did not let it through. */
    | 'proxy'
    /** The receiver's token server gave none; `answer` says what it said. */
    | 'oauth-token';
  /** At most 1 kB of the answer. */
  answer?: string;
  retryAfterSeconds?: number;
  durationMs: number;
};

/** How we show a receiver who we are, opened. `version` is another each time it is set, and no secret. */
export type SendAuth = { version: string } & ReceiverAuthAsk;

/** What differs from endpoint to endpoint. */
export type HowToSend = {
  /** `whsec_…` or `whsk_…`, the newest first; each signs. */
  secrets: readonly string[];
  auth?: SendAuth;
  opened?: PrivateTarget;
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
      /** Sent along, beside the signature's own. */
      headers?: Record<string, string>;
    } & HowToSend,
    signal: AbortSignal,
  ): Promise<DeliveryResult>;
  /** Would this address be sent to at all? Says why not. Looks at the text only, resolves nothing. */
  fault(url: string, opened?: PrivateTarget): string | undefined;
  /** The same, and looks what its name stands for now. */
  look(url: string, opened?: PrivateTarget): Promise<string | undefined>;
  /** Why nobody may allow that as a private receiver. */
  lookAtOpened(opened: PrivateTarget): Promise<string | undefined>;
  /** @throws Problem `webhook-auth-invalid`, naming the field */
  readCertificate(handed: HandedCertificate, now: Date): ClientCertificate;
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
  /** Scope of the consent API: lets us create and read (`altinn:consentrequests.write`). Several: their name (`nameOfScopes`). */
  consentScope: string;
  /** Links for whoever must act. */
  links: { delegate: string; grant: string; selfService: string };
  /** The national number goes so long after a consent's end. */
  eraseAfterMs: number;
  /** Events older than that are dropped; a week at least. */
  keepEventsMs: number;
  /** Streams of events that may be open in one process. */
  streams: { inAll: number; ofTenant: number };
  /** Calls to data sources that may be under way in one process. */
  dataCalls: { inAll: number; ofTenant: number };
  /** At which part of its life a token in use is fetched anew. */
  renewAt: number;
  /** So many renewals a second at most, for each Maskinporten client, over all processes. */
  refreshPerSecond: number;
  /** So many pages of tenants’ feeds a second at most, over all processes. */
  feedsPerSecond: number;
  /** So many reads of single consents a second at most, over all processes. */
  readBudget: ReadBudget;
  webhookSchedule: readonly number[];
  /** How long work handed out is left alone, where somebody chose it. */
  leaseMs?: number | undefined;
  bootstrapOperatorKey?: string;
};

/** Counts tokens that leave the hub, by the API key they leave with. */
export type TokenCounter = { count(tenantId: string, keyId: string, scope: string): void };

export type { FeedMetrics, ReadMetrics, TokenMetrics, WebhookMetrics } from './metrics-port.ts';

export type Ports = {
  clock: Clock;
  ids: Ids;
  log: Log;
  store: Store;
  notices: Notices;
  sealing: SealingRing;
  keystore: Keystore;
  signing: SigningKeys;
  keySources: KeySources;
  maskinporten: Maskinporten;
  scopeCatalogue: ScopeCatalogue;
  altinn3: ConsentGateway & ConsentFeed;
  webhooks: WebhookSender;
  tokenCounter: TokenCounter;
  tokenMetrics: TokenMetrics;
  feedMetrics: FeedMetrics;
  readMetrics: ReadMetrics;
  webhookMetrics: WebhookMetrics;
  dataSources: DataSources;
  dataMetrics: DataMetrics;
  settings: Settings;
  /** How full the queue engine's corridors are, by queue; null while the engine does not answer. */
  countEngine(): Promise<Record<string, { waiting: number; active: number } | null>>;
};
