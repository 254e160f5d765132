import type { Access } from '../domain/access.ts';
import type { EventView, NewEvent } from '../domain/event.ts';
import type { KeptProblem } from '../domain/problem.ts';
import type { ReadLane } from '../domain/read-turns.ts';
import type { AccessStatements, OperatorAccessRows } from './access-port.ts';
import type { AccessRequestRows } from './access-request-rows-port.ts';
import type { ConsentChange, ConsentDraft, ConsentRows, Created, SealedParty } from './consent-rows-port.ts';
import type { DeliveryStore } from './delivery-port.ts';
import type { FeedMove, Feeds } from './feed-store-port.ts';
import type { InvitationRows, InvitationStore, InvitationTextRows } from './invitation-port.ts';
import type { JobName } from './jobs.ts';
import type { LeaseRows } from './lease-rows-port.ts';
import type { LeavingRows } from './leaving-port.ts';
import type { MovingRows } from './moving-rows-port.ts';
import type { AuditEntry, QueueCount } from './oversight.ts';
import type { ReplayRows } from './replay-port.ts';
import type { ServiceRows } from './service-rows-port.ts';
import type { TokenRow, TokenStore } from './token-store-port.ts';
import type { UsageStore } from './usage-port.ts';
import type {
  ApiKey,
  ClientKey,
  MaskinportenClient,
  OperatorKey,
  Page,
  PageAsk,
  Tenant,
  TokenUse,
  TokenUseAsk,
} from './use-cases.ts';
import type { DeliveryRows, EndpointRows } from './webhook-rows-port.ts';

/** One tenant's rows, inside one transaction. */
export type TenantRows = {
  tenant(): Promise<Tenant>;
  consents: MovingRows & ConsentRows;
  events: {
    /** Last of all in a transaction. */
    append(events: readonly NewEvent[], now: Date): Promise<void>;
  };
  outbox: {
    owe(job: JobName, subjectId: string, dueAt: Date, now: Date): Promise<void>;
    drop(job: JobName, subjectId: string): Promise<void>;
    /** All consents that wait for this access row are owed again, `everyMs` apart. Answers how many. */
    releaseBlockedOn(accessId: string, now: Date, everyMs: number): Promise<number>;
  };
  feed: {
    /** A page was read. The position never moves back. */
    move(move: FeedMove): Promise<void>;
  };
  access: {
    list(): Promise<Access[]>;
    find(id: string): Promise<Access | undefined>;
    /** The row of that name, made `unknown` when there is none; locked. */
    ensure(kind: Access['kind'], name: string, id: string, now: Date): Promise<Access>;
    /** What was found out. Turns, and what was asked for, stay. */
    save(access: Access): Promise<void>;
    /** Somebody asked for a look. */
    want(id: string, now: Date): Promise<void>;
    /** Looks come soon again, however often it was found missing. */
    beginPace(id: string): Promise<void>;
  };
  accessRequests: AccessRequestRows;
  tokens: {
    find(id: string): Promise<TokenRow | undefined>;
    /** Forgets a token, unless another has been fetched meanwhile; processes that have it at hand are told. */
    drop(id: string, fetchedAt: Date): Promise<void>;
    dropOfConsents(consentIds: readonly string[]): Promise<void>;
    /** All with that scope (or all of those that it names), whoever is fetching one: access is gone, and until then asking for one fails like this. */
    dropOfScope(scope: string, failure: KeptProblem, until: Date): Promise<void>;
  };
  endpoints: EndpointRows;
  deliveries: DeliveryRows;
  replays: ReplayRows;
  apiKeys: {
    list(): Promise<ApiKey[]>;
    /** Answers false, and adds nothing, where the tenant has so many already that still open something. */
    add(key: ApiKey, digest: Uint8Array, most: number): Promise<boolean>;
    /** Undefined where there is none with this id. */
    change(
      id: string,
      change: Partial<Pick<ApiKey, 'name' | 'publicKeys' | 'allowedAddresses'>>,
    ): Promise<ApiKey | undefined>;
    /** False when it was spent already. Whoever spends it at the same time waits for how this ends. */
    spendAssertion(keyId: string, digest: Uint8Array, expiresAt: Date): Promise<boolean>;
    /** Answers false when there is none that is not revoked already. */
    revoke(id: string, now: Date): Promise<boolean>;
  };
  invitations: InvitationRows;
  audit: {
    add(entry: AuditEntry): Promise<void>;
    lastAt(action: string): Promise<Date | undefined>;
    /** Not where the same was done to the same target since then; answers whether it was added. */
    addUnlessSince(entry: AuditEntry, since: Date): Promise<boolean>;
    /** How often it was done since, and when first; nobody else counts or does it before this transaction ends. */
    since(action: string, at: Date): Promise<{ many: number; firstAt?: Date }>;
  };
};

/** Everybody's rows, inside one transaction. */
export type OperatorRows = {
  tenants: {
    find(id: string): Promise<(Tenant & { hmacKeySealed: Uint8Array }) | undefined>;
    findByApiKey(digest: Uint8Array): Promise<{ key: ApiKey; tenant: Tenant } | undefined>;
    findByApiKeyId(id: string): Promise<{ key: ApiKey; tenant: Tenant } | undefined>;
    list(page: PageAsk): Promise<Page<Tenant>>;
    findByOrgnos(orgnos: readonly string[]): Promise<Tenant[]>;
    add(tenant: Tenant, hmacKeySealed: Uint8Array): Promise<void>;
    /** False, and nothing changed, for one that leaves or has left. */
    save(tenant: Tenant): Promise<boolean>;
    /** All its tokens; processes that have them at hand are told. */
    dropTokens(id: string): Promise<void>;
    /** Work of a tenant that rested is due again. */
    wake(id: string, now: Date): Promise<void>;
  };
  operatorKeys: {
    findByDigest(digest: Uint8Array): Promise<OperatorKey | undefined>;
    list(): Promise<OperatorKey[]>;
    /** As `list`, and nobody else changes any of them before this transaction ends. */
    lock(): Promise<OperatorKey[]>;
    any(): Promise<boolean>;
    add(key: OperatorKey, digest: Uint8Array): Promise<void>;
    revoke(id: string, now: Date): Promise<boolean>;
  };
  clients: {
    list(): Promise<
      (Omit<MaskinportenClient, 'keys'> & {
        keys: (ClientKey & { privateSealed?: string; certificateChain: string[] })[];
        /** Looks at Maskinporten in a row that changed nothing. */
        probes: number;
      })[]
    >;
    /** One of them as it is now; nobody else changes it or its keys before this transaction ends. */
    lock(id: string): Promise<Awaited<ReturnType<OperatorRows['clients']['list']>>[number] | undefined>;
    add(client: MaskinportenClient): Promise<void>;
    save(client: MaskinportenClient): Promise<void>;
    /** One that has no key. */
    remove(id: string): Promise<void>;
    /** Stopped, or at work again, and how many looks in a row have changed nothing. Null empties. */
    saveState(
      id: string,
      state: { probes?: number; stoppedAt?: Date | null; stoppedProblem?: KeptProblem | null },
    ): Promise<void>;
    addKey(clientId: string, key: ClientKey & { privateSealed?: string; certificateChain?: string[] }): Promise<void>;
    /** Only what is named changes; null empties. A retired key's private part goes. */
    saveKey(
      key: { [Name in keyof ClientKey]?: ClientKey[Name] | null | undefined } & {
        id: string;
        privateSealed?: string;
        certificateChain?: string[];
      },
    ): Promise<void>;
    /** What a worker found unusable is not kept; false when it is no such key, or none any more. */
    removeFaultyKey(id: string): Promise<boolean>;
  };
  leases: LeaseRows;
  tokenCounts: {
    /** Oldest first; of what is long past, whole months. */
    list(tenantId: string, ask: TokenUseAsk, page: PageAsk): Promise<Page<TokenUse>>;
  };
  oldEvents: {
    /** Whose oldest event is older than that. */
    tenants(before: Date): Promise<string[]>;
    /** So many of a tenant's oldest at most, with deliveries and tries; never within seven days of `now`. */
    drop(
      tenantId: string,
      before: Date,
      now: Date,
      most: number,
    ): Promise<{ events: number; webhook_deliveries: number; webhook_attempts: number }>;
  };
  leaving: LeavingRows;
  services: ServiceRows;
  access: OperatorAccessRows;
  invitationTexts: InvitationTextRows;
  outbox: {
    owe(job: JobName, tenantId: string, subjectId: string, dueAt: Date, now: Date): Promise<void>;
    /** Is it due by then, or under way? */
    isDue(job: JobName, tenantId: string, subjectId: string, by: Date): Promise<boolean>;
    /**
     * A client works again: its refusals are not believed any more, every access row that it left without a token is probed,
     * and work that failed for want of one is tried again; `everyMs` apart. Other clients' work is left alone, and what
     * somebody is changing that moment is not waited for.
     */
    goOn(
      client: { id: string; purpose: string; scopes: string[] },
      codes: readonly string[],
      now: Date,
      everyMs: number,
    ): Promise<void>;
    count(now: Date): Promise<Omit<QueueCount, 'engine'>[]>;
  };
  audit: {
    add(entry: AuditEntry): Promise<void>;
    list(
      filter: { tenantId?: string | undefined; action?: string | undefined },
      page: PageAsk,
    ): Promise<Page<AuditEntry>>;
    /** Was that done to it after that time? Meant for the last moments. */
    has(action: string, target: string, since: Date): Promise<boolean>;
  };
  /** What nobody can need any more goes, and counts of hours long past are added up by month. Answers how many rows of each table went. */
  tidy(now: Date): Promise<Record<string, number>>;
  /** Owes the erasure of persons whose consents ended before then, whatever was owed when they ended. Answers how many. */
  oweErasures(endedBefore: Date, now: Date): Promise<number>;
  /** Owes a look into the feed of each tenant that has something at Altinn that can change, and is owed none. Answers how many. */
  oweFeeds(now: Date): Promise<number>;
  known: { read(name: string): Promise<unknown>; keep(name: string, value: unknown, now: Date): Promise<void> };
};

/**
 * Two doors. Each call is one transaction; what it changed is told to other processes after its commit
 * (`consent:<id>`, `token:<id>`, `work:<job>`, `events:<tenant>`).
 *
 * @throws Problem `database-unavailable`
 */
export type Store = TokenStore &
  DeliveryStore &
  AccessStatements &
  UsageStore &
  InvitationStore & {
    asTenant<T>(tenantId: string, work: (rows: TenantRows) => Promise<T>): Promise<T>;
    asOperator<T>(work: (rows: OperatorRows) => Promise<T>): Promise<T>;
    /** Consent, its idempotency key and the work owed, in one statement that several calls may share. */
    createConsent(tenantId: string, draft: ConsentDraft, now: Date): Promise<Created>;

    // One statement each instead of a transaction: a person waits for what these lead to.
    findConsent(tenantId: string, id: string): Promise<SealedParty | undefined>;
    listAccess(tenantId: string): Promise<Access[]>;
    /**
     * About to be put to Altinn, with this state to come back by; false when it waits no longer. From here on, until
     * `wasRefused` takes the state back, Altinn may have it.
     */
    goesOut(tenantId: string, id: string, digest: Uint8Array, now: Date): Promise<boolean>;
    /** As `goesOut`, and false too while it is not known what became of an earlier try, which `wasRefused` and `isAtAltinn` settle. */
    goesOutOnce(tenantId: string, id: string, digest: Uint8Array, now: Date): Promise<boolean>;
    /** As `consents.change` within a transaction. */
    changeConsent(tenantId: string, change: ConsentChange): Promise<boolean>;

    feeds: Feeds;

    /**
     * Undefined when it may be read at Altinn now, which is then counted in these lanes; else when to ask again, without a
     * second turn for it. `atOnce`: counted, and never kept waiting.
     */
    takeReadTurns(
      tenantId: string,
      id: string,
      ask: { now: Date; nearMs: number; lanes: readonly ReadLane[]; atOnce: boolean },
    ): Promise<Date | undefined>;

    /** Owed at once, for somebody who waits; false for a suspended tenant, whose work rests. */
    oweForWaiting(tenantId: string, job: JobName, subjectId: string, now: Date): Promise<boolean>;

    /**
     * A tenant's events after that number, in order, and as of the same moment the numbers of the oldest that is kept and of
     * the newest there is (`oldest` is one more than `newest` where none is kept).
     */
    readEvents(
      tenantId: string,
      after: number,
      most: number,
    ): Promise<{ oldest: number; newest: number; items: EventView[] }>;
    /** Ids of those that still open something: neither revoked nor expired, and their tenants at work. */
    keysInForce(keys: readonly { tenantId: string; keyId: string }[], now: Date): Promise<Set<string>>;

    /** Whose browser is back. Anybody may ask, so it costs one statement and no transaction. */
    callbackState(digest: Uint8Array): Promise<{ tenantId: string; consentId: string } | undefined>;
  };
