import type { EndpointNews } from '../domain/endpoint-health.ts';
import type { Signing } from '../domain/receiver.ts';
import type { DeliveryFilter } from './replay-port.ts';
import type { Delivery, Page, PageAsk, WebhookEndpoint } from './use-cases.ts';

/**
 * How an endpoint stands. `failing`: nothing is sent but one try after each rest; `resting`: its receiver asked for that;
 * `stumbling`: its last tries failed, too few or too lately to call it failing; `gone`: it answered 410; `disabled`: by its
 * tenant; `suspended`: its tenant is.
 */
export const endpointStates = ['well', 'stumbling', 'resting', 'failing', 'gone', 'disabled', 'suspended'] as const;
export type EndpointState = (typeof endpointStates)[number];

/** Over all tenants. An endpoint's deliveries are counted up to 10,000. */
export type EndpointsSeen = {
  state: EndpointState;
  endpoints: number;
  pending: number;
  held: number;
  /** Age of the oldest event that waits; what is sent again does not count. */
  oldestSeconds: number;
};

/** Sealed, beside the public half of each where there is one. */
export type EndpointSecrets = {
  secret: Uint8Array;
  publicKey?: string;
  previous?: Uint8Array;
  previousPublicKey?: string;
  previousUntil?: Date;
};
/** An endpoint as its row has it. */
export type KeptEndpoint = Omit<WebhookEndpoint, 'publicKeys'> & EndpointSecrets & { authSealed?: Uint8Array };
/** As far as sending to it needs it. */
export type SentTo = Omit<KeptEndpoint, 'health'>;
export type Attempt = Omit<Delivery['attempts'][number], 'answer'> & { answerSealed?: Uint8Array };
export type KeptDelivery = Omit<Delivery, 'attempts'> & { attempts: Attempt[] };

/** Where a tenant wants its events, inside one transaction. */
export type EndpointRows = {
  list(): Promise<KeptEndpoint[]>;
  /** All of them, uncounted; nobody else adds or changes one of this tenant's before this transaction ends. */
  lock(): Promise<SentTo[]>;
  find(id: string): Promise<KeptEndpoint | undefined>;
  add(endpoint: KeptEndpoint): Promise<void>;
  /**
   * One of them, uncounted; nobody else changes it, its health included, before this transaction ends. Comes before anything
   * else of deliveries.
   */
  keep(id: string): Promise<SentTo | undefined>;
  /** All but its secrets, its rate and whether it is enabled. */
  save(endpoint: KeptEndpoint): Promise<void>;
  setRate(id: string, ratePerSecond: number | undefined, now: Date): Promise<void>;
  /** By its tenant. */
  disable(id: string): Promise<void>;
  /** All that is pending is held: the oldest at once, and what is more than very many soon. */
  hold(id: string, now: Date): Promise<void>;
  /** As if nothing had ever failed; what was held stays so. */
  enable(id: string, now: Date): Promise<void>;
  /** Somebody looks after it: its rest is over. */
  tryAtOnce(id: string, now: Date): Promise<void>;
  /** What its tenant has not been told yet, and is told with this transaction. */
  news(id: string): Promise<EndpointNews | undefined>;
  /** What waits goes on, as far as it may now; when to look again. */
  letGoOn(id: string, now: Date): Promise<Date | undefined>;
  saveSecrets(id: string, secrets: EndpointSecrets & { signing: Signing }, now: Date): Promise<void>;
  /** Disabled, with these secrets that nobody knows in place of its own, and nothing on its way to it any more. */
  retire(endpoint: SentTo, secrets: EndpointSecrets & { signing: Signing }, now: Date): Promise<void>;
  remove(id: string): Promise<void>;
};

/** Each event's way to each endpoint, inside one transaction. */
export type DeliveryRows = {
  find(id: string): Promise<KeptDelivery | undefined>;
  /** Newest event first. */
  list(endpointId: string, page: PageAsk, filter?: DeliveryFilter): Promise<Page<KeptDelivery>>;
  /** Pending again, and tried at once with those before it in its lane; unless it was delivered. */
  reopen(id: string, now: Date): Promise<void>;
};
