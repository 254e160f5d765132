import type { EventType } from './event.ts';
import type { PrivateTarget, ReceiverAuth, Signing } from './receiver.ts';

/** Deliveries of one endpoint are counted no further: what one wants to know is whether they are few, many, or very many. */
export const mostCounted = 10_000;

/** Where a tenant wants its events. */
export type WebhookEndpoint = {
  id: string;
  url: string;
  description?: string;
  events: EventType[];
  status: 'enabled' | 'disabled';
  /** `gone`: the receiver answered 410. */
  disabledReason?: 'tenant' | 'gone';
  /** It is sent to no faster. */
  ratePerSecond?: number;
  health: EndpointHealth;
  signing: Signing;
  /** `whpk_…`, the newest first: those whose private half signs. None with `v1`. */
  publicKeys: string[];
  auth?: ReceiverAuth;
  /** The private receiver that the operator has allowed here. */
  privateTarget?: PrivateTarget;
  createdAt: Date;
  updatedAt: Date;
};

export type EndpointHealth = {
  failuresInARow: number;
  /** While it is failing: when the first of them was. */
  failingSince?: Date;
  /** Nothing is sent before. */
  restsUntil?: Date;
  lastDeliveredAt?: Date;
  /** Deliveries that wait, or are held while it is disabled; counted up to 10,000. */
  pending: number;
  held: number;
};

/** An event's way to one endpoint, with every try. */
export type Delivery = {
  id: string;
  endpointId: string;
  event: { id: string; type: EventType; sequence: number };
  status: 'pending' | 'held' | 'delivered' | 'given-up';
  /** Sent again because the tenant asked for it. */
  replay: boolean;
  /** Ids of events before it for the same consent that were given up, as its receiver was told; oldest first. */
  gaveUp: string[];
  attempts: { number: number; at: Date; durationMs: number; httpStatus?: number; error?: string; answer?: string }[];
  nextAt?: Date;
  deliveredAt?: Date;
  createdAt: Date;
};
