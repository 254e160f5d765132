import type { CataloguedScope } from '../domain/client-plan.ts';
import type { LongestLives } from '../domain/client-scopes.ts';
import type { Party } from '../domain/party.ts';
import type { ReadBudget } from '../domain/read-turns.ts';
import type { ClientCertificate, HandedCertificate, PrivateTarget, ReceiverAuthAsk } from '../domain/receiver.ts';
import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import type { Log } from '../lib/log.ts';
import type { SealingRing } from '../lib/seal.ts';
import type { Altinn2, ConsentFeed, ConsentGateway, Submission } from './altinn-port.ts';
import type { AskForAccess, AskingBy, FindDelegations } from './asking-port.ts';
import type { DataMetrics, DataSources } from './data-port.ts';
import type {
  FeedMetrics,
  ReadMetrics,
  TokenCounter,
  TokenMetrics,
  UsageCounter,
  WebhookMetrics,
} from './metrics-port.ts';
import type { SelfService } from './selfservice-port.ts';
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
  consent?: { id: string; from: Party; rights?: Submission['rights'] };
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
  /** The same scopes, with all that matters to whoever wants to use them. @throws Error when it cannot be read */
  describe(scopes: readonly string[], signal: AbortSignal): Promise<CataloguedScope[]>;
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
  /** What the operator is called, for people. */
  operatorName?: string | undefined;
  /** Where browsers come back to; callback addresses begin with it. No slash at its end. */
  publicUrl: string;
  issuer: string;
  /** Scope of the consent API: lets us create and read (`altinn:consentrequests.write`). Several: their name (`nameOfScopes`). */
  consentScope: string;
  /** All that consent administration takes, in both generations, by one name: none of it ever leaves the hub. */
  ownScopes: string;
  /** The same for Altinn 2's requests, and for its consent tokens. */
  altinn2: {
    consentScope: string;
    tokenScope: string;
    /** A request whose outcome is not known is looked for so long. */
    lostAfterMs: number;
    /** The operator's enterprise certificate speaks there, and not a token: what one is handed is not sent. */
    byCertificate: boolean;
  };
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
  /** Hosts (`host`, `host:port`) that a person's data may be read at, and its tokens and number carried to. Undefined: any. */
  dataHosts?: readonly string[] | undefined;
  /** At which part of its life a token in use is fetched anew. */
  renewAt: number;
  /** So many renewals a second at most, for each Maskinporten client, over all processes. */
  refreshPerSecond: number;
  /** So many pages of tenants’ feeds a second at most, over all processes. */
  feedsPerSecond: number;
  /** So many looks at tenants' access a second at most, over all processes. 0: none that nobody asked or waits for. */
  probesPerSecond: number;
  /** Delegations are looked at so often, where there is a way. */
  delegationsEveryMs: number;
  /** What is asked for by API so that a tenant delegates a scope; undefined: nobody is asked. */
  askFor?: { by: AskingBy; services: ReadonlyMap<string, string> } | undefined;
  /** So many reads of single consents a second at most, over all processes. */
  readBudget: ReadBudget;
  /** Digdir's self-service API: whether it is used, the scope that opens it, and after how many days keys are exchanged by themselves. */
  selfService: { isSet: boolean; scope: string; rotationDays?: number | undefined };
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
  keySources: KeySources;
  maskinporten: Maskinporten;
  scopeCatalogue: ScopeCatalogue;
  selfService: SelfService;
  altinn3: ConsentGateway & ConsentFeed;
  altinn2: Altinn2;
  /** Where somebody tells the operator who has delegated to it; in workers. */
  delegations?: FindDelegations | undefined;
  /** Where somebody can be asked to; in workers. */
  askFor?: AskForAccess | undefined;
  webhooks: WebhookSender;
  tokenCounter: TokenCounter;
  usageCounter: UsageCounter;
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
