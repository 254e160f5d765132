import type { ApiKey, TenantScope } from '../domain/api-key.ts';
import type { Examined } from '../domain/client-scopes.ts';
import type { Consent, Generation, Message, Right } from '../domain/consent.ts';
import type { EventType, EventView } from '../domain/event.ts';
import type { KeyAsk, MaskinportenClient, Purpose } from '../domain/maskinporten-client.ts';
import type { Party } from '../domain/party.ts';
import type { Readiness, Standing, StandingFilter } from '../domain/readiness.ts';
import type { HowItIsChanged, HowItIsMade, PrivateTarget } from '../domain/receiver.ts';
import type { Service, ServiceChange } from '../domain/service.ts';
import type { Tenant } from '../domain/tenant.ts';
import type { Delivery, WebhookEndpoint } from '../domain/webhook-endpoint.ts';
import type { Soon } from '../lib/soon.ts';
import type { AppVerbs } from './app-verbs.ts';
import type { AskingVerbs } from './asking/asking-verbs.ts';
import type { DataAsk, DataEnding, DataReply } from './data-port.ts';
import type { EventFeed } from './event-feed.ts';
import type { InvitationVerbs } from './invitation-verbs.ts';
import type { ManyTenantsVerbs } from './many-tenants-verbs.ts';
import type { HandOut } from './outbox-port.ts';
import type { AuditEntry, QueueCount } from './oversight.ts';
import type { DeliveryFilter, ReplayAsk } from './replay-port.ts';
import type { SelfServiceVerbs } from './selfservice-verbs.ts';
import type { UsageVerbs } from './usage-port.ts';

export const operatorRoles = ['reader', 'support', 'administrator'] as const;
export type OperatorRole = (typeof operatorRoles)[number];

export type { Tenant } from '../domain/tenant.ts';

/** A tenant's app that has shown a valid key. A suspended tenant's key is recognised too; routes refuse it. */
export type TenantCaller = {
  kind: 'tenant';
  tenantId: string;
  tenant: Tenant;
  keyId: string;
  keyName: string;
  keyExpiresAt?: Date;
  scopes: TenantScope[];
  /** Networks it may call from; without, from anywhere. */
  allowedAddresses?: string[];
  /** Of an app that signs: what it shows opens nothing from then on. */
  tokenEndsAt?: Date;
};

/** Somebody who runs the hub. `keyId` is `bootstrap` for HUB_OPERATOR_KEY. */
export type OperatorCaller = { kind: 'operator'; keyId: string; keyName: string; role: OperatorRole };

/** Who did it and within which request, for the audit. */
export type By = { caller: TenantCaller | OperatorCaller; requestId: string };
export type ByTenant = { caller: TenantCaller; requestId: string };
export type ByOperator = { caller: OperatorCaller; requestId: string };

export type ConsentAsk = {
  from: { person: string; name?: string | undefined } | { organization: string; name?: string | undefined };
  rights: Right[];
  validTo: Date;
  redirectUrl: string;
  message?: Message | undefined;
  requiredDelegator?: { person: string; name?: string | undefined } | undefined;
  reference?: string | undefined;
};

export type ConsentFilter = {
  status?: Consent['status'] | undefined;
  service?: string | undefined;
  reference?: string | undefined;
  createdAfter?: Date | undefined;
  createdBefore?: Date | undefined;
};

/** `cursor` is what `next` of the page before said. */
export type PageAsk = { cursor?: string | undefined; limit: number };
export type Page<T> = { items: T[]; next?: string };

export type { EventFeed, FeedEnding, FollowedEvent } from './event-feed.ts';

export type HandedToken = { kind: 'maskinporten' | 'consent'; token: string; header: string; expiresAt: Date };

export type { Delivery, WebhookEndpoint } from '../domain/webhook-endpoint.ts';
/** `secret` is shown once, when there is a new one that is shared. */
export type WithSecret<T> = T & { secret?: string };

/** Tokens that went out with one API key for one scope. */
export type TokenUse = { keyId: string; scope: string; per: TokenUseSpan; from: Date; tokens: number; lastAt: Date };
export type TokenUseSpan = 'hour' | 'day' | 'month';
export type TokenUseAsk = { from?: Date | undefined; to?: Date | undefined; per: TokenUseSpan };

export type OperatorKey = Pick<
  ApiKey,
  'id' | 'name' | 'prefix' | 'expiresAt' | 'revokedAt' | 'createdBy' | 'createdAt'
> & {
  role: OperatorRole;
};

export { type ApiKey, type TenantScope, tenantScopes } from '../domain/api-key.ts';

export type {
  ClientKey,
  HandedKey,
  KeyAsk,
  KeySource,
  MaskinportenClient,
  Purpose,
} from '../domain/maskinporten-client.ts';

export type ServiceAsk = Omit<Service, 'generation'> & { generation: Generation };

/** A key as it was shown. What was found out of it stays with it: a connection shows the same one over and over. */
export type ShownKey = { readonly text: string; digest?: string };

/** What the hub can do, every verb on one page: start reading here. `index.ts` builds them. All throw `Problem`. */
export type UseCases = AppVerbs<By, ByTenant> &
  UsageVerbs<ByOperator> &
  AskingVerbs<ByOperator> &
  InvitationVerbs<ByOperator> &
  SelfServiceVerbs<ByOperator> &
  ManyTenantsVerbs<ByOperator, Tenant> & {
    // Who is it? Undefined when no key fits.
    identifyTenant(shown: ShownKey): Soon<TenantCaller | undefined>;
    identifyOperator(key: string): Promise<OperatorCaller | undefined>;

    // A tenant's consents
    /** Notes the wish; a worker puts it to Altinn. `created` is false where the idempotency key led to one made before. */
    requestConsent(
      by: ByTenant,
      ask: ConsentAsk,
      idempotencyKey?: string,
    ): Promise<{ consent: Consent; created: boolean }>;
    /** Waits until the consent is no longer merely queued, or the time is over; holds no database connection meanwhile. */
    settledConsent(by: ByTenant, consent: Consent, waitMs: number): Promise<Consent>;
    readConsent(by: ByTenant, id: string): Promise<Consent>;
    listConsents(by: ByTenant, filter: ConsentFilter, page: PageAsk): Promise<Page<Consent>>;
    searchConsents(by: ByTenant, party: Party, page: PageAsk): Promise<Page<Consent>>;
    withdrawConsent(by: ByTenant, id: string): Promise<Consent>;
    readConsentTokens(by: ByTenant, id: string): Promise<HandedToken[]>;
    /** Calls the data source with those tokens, and passes its answer on as it comes. */
    passData(by: ByTenant, id: string, ask: DataAsk, reply: DataReply): Promise<DataEnding>;
    /** Handed out for a data scope of the tenant's services only; at once, and the same object, where it is at hand. */
    readToken(
      by: ByTenant,
      ask: { scope: string; resource?: string | undefined },
    ): Soon<{ token: string; expiresAt: Date; scope: string }>;
    /** A browser came back from Altinn with this state. Waits at most three seconds for what the person answered. */
    returnFromAltinn(state: string): Promise<{ address: string; kind: 'web' | 'app' } | undefined>;

    // A tenant's events and webhooks
    listEvents(by: ByTenant, page: PageAsk): Promise<{ items: EventView[]; next: string }>;
    /** From after the cursor on, or else with what happens from now on. `field`: where the cursor was read, for a problem. */
    followEvents(by: ByTenant, from: { cursor?: string | undefined; field?: string }): Promise<EventFeed>;
    createWebhookEndpoint(
      by: ByTenant,
      ask: {
        url: string;
        events: EventType[];
        description?: string | undefined;
        ratePerSecond?: number | undefined;
      } & HowItIsMade,
    ): Promise<WithSecret<WebhookEndpoint>>;
    listWebhookEndpoints(by: ByTenant): Promise<WebhookEndpoint[]>;
    readWebhookEndpoint(by: ByTenant, id: string): Promise<WebhookEndpoint>;
    changeWebhookEndpoint(
      by: ByTenant,
      id: string,
      change: {
        url?: string | undefined;
        events?: EventType[] | undefined;
        description?: string | undefined;
        status?: 'enabled' | 'disabled' | undefined;
        ratePerSecond?: number | null | undefined;
      } & HowItIsChanged,
    ): Promise<WithSecret<WebhookEndpoint>>;
    removeWebhookEndpoint(by: ByTenant, id: string): Promise<void>;
    rotateWebhookSecret(
      by: ByTenant,
      id: string,
      ask: { overlapSeconds: number; secret?: string | undefined },
    ): Promise<WithSecret<{ publicKeys: string[]; previousUntil: Date }>>;
    /** Sends a `ping` to this endpoint alone. */
    testWebhookEndpoint(by: ByTenant, id: string): Promise<{ eventId: string }>;
    listDeliveries(by: ByTenant, endpointId: string, ask: PageAsk & DeliveryFilter): Promise<Page<Delivery>>;
    readDelivery(by: ByTenant, id: string): Promise<Delivery>;
    retryDelivery(by: ByTenant, id: string): Promise<Delivery>;
    /** Sends an endpoint again what happened; with `dryRun` only counts. */
    replayEvents(by: ByTenant, endpointId: string, ask: ReplayAsk): Promise<{ count: number }>;

    // The same, by the operator
    listTenantWebhookEndpoints(by: ByOperator, tenantId: string): Promise<WebhookEndpoint[]>;
    /** Lets this endpoint be at a private address, or no longer. @throws Problem `private-target-invalid` */
    allowPrivateTarget(
      by: ByOperator,
      tenantId: string,
      endpointId: string,
      target: PrivateTarget | undefined,
    ): Promise<WebhookEndpoint>;

    // A tenant about itself
    listOfferedServices(by: ByTenant): Promise<Service[]>;
    readReadiness(by: ByTenant): Promise<Readiness>;
    /** Looks at once, at most once a minute. @throws Problem `too-many-requests` */
    checkReadiness(by: ByTenant): Promise<Readiness>;

    // The same, by the operator
    /** Of all tenants. Asks nobody. */
    listReadiness(by: ByOperator, filter: StandingFilter, page: PageAsk): Promise<Page<Standing>>;
    readTenantReadiness(by: ByOperator, tenantId: string): Promise<Readiness>;
    /** Whoever asked within the minute. @throws Problem `tenant-suspended` */
    checkTenantReadiness(by: ByOperator, tenantId: string): Promise<Readiness>;

    // The operator
    createTenant(
      by: ByOperator,
      ask: {
        orgno: string;
        name: string;
        redirectUrls: string[];
        services: string[];
        expiringDays?: number | undefined;
      },
    ): Promise<Tenant>;
    changeTenant(
      by: ByOperator,
      id: string,
      change: {
        name?: string | undefined;
        redirectUrls?: string[] | undefined;
        services?: string[] | undefined;
        expiringDays?: number | null | undefined;
      },
    ): Promise<Tenant>;
    readTenant(by: ByOperator, id: string): Promise<Tenant>;
    listTenants(by: ByOperator, page: PageAsk): Promise<Page<Tenant>>;
    suspendTenant(by: ByOperator, id: string): Promise<Tenant>;
    resumeTenant(by: ByOperator, id: string): Promise<Tenant>;
    /** Tokens handed out to a tenant, oldest first. What lies months back is told by month, whatever was asked for. */
    listTokenUse(by: ByOperator, tenantId: string, ask: TokenUseAsk, page: PageAsk): Promise<Page<TokenUse>>;
    registerClient(
      by: ByOperator,
      ask: { name: string; clientId: string; purpose: Purpose; scopes: string[]; key: KeyAsk },
    ): Promise<Examined<MaskinportenClient>>;
    changeClient(
      by: ByOperator,
      id: string,
      change: { name?: string | undefined; scopes?: string[] | undefined },
    ): Promise<Examined<MaskinportenClient>>;
    readClient(by: ByOperator, id: string): Promise<Examined<MaskinportenClient>>;
    listClients(by: ByOperator): Promise<Examined<MaskinportenClient>[]>;
    addClientKey(by: ByOperator, id: string, key: KeyAsk): Promise<Examined<MaskinportenClient>>;
    retireClientKey(by: ByOperator, id: string, keyId: string): Promise<Examined<MaskinportenClient>>;
    /** The same key was registered anew at Maskinporten, so that its year begins again. */
    renewClientKey(
      by: ByOperator,
      id: string,
      keyId: string,
      change: { registeredAt: Date },
    ): Promise<Examined<MaskinportenClient>>;
    /** Looks at once whether Maskinporten takes the client and its keys, once in ten seconds, and waits a little for what is found. */
    probeClient(by: ByOperator, id: string): Promise<Examined<MaskinportenClient>>;
    defineService(by: ByOperator, ask: ServiceAsk): Promise<Service>;
    /** What Altinn calls it stays, while consents that have not ended stand on it. @throws Problem `service-in-use` */
    changeService(by: ByOperator, key: string, change: ServiceChange): Promise<Service>;
    readService(by: ByOperator, key: string): Promise<Service>;
    listServices(by: ByOperator): Promise<Service[]>;
    createOperatorKey(
      by: ByOperator,
      ask: { name: string; role: OperatorRole; expiresAt?: Date | undefined },
    ): Promise<OperatorKey & { key: string }>;
    listOperatorKeys(by: ByOperator): Promise<OperatorKey[]>;
    revokeOperatorKey(by: ByOperator, id: string): Promise<void>;
    listAudit(
      by: ByOperator,
      filter: { tenantId?: string | undefined; action?: string | undefined },
      page: PageAsk,
    ): Promise<Page<AuditEntry>>;
    countQueues(by: ByOperator): Promise<QueueCount[]>;
  };

/**
 * What a worker runs: one verb per queue. `nextAt` keeps the work owed until then; `rests`: for as long as its tenant is
 * suspended; `settled`: the work has settled its own row with its effect, in one statement; nothing: it is done.
 */
export type Outcome = { nextAt: Date } | { rests: true } | { settled: true } | undefined;
export type Work = (work: HandOut, signal: AbortSignal) => Promise<Outcome>;
