import type { EventView } from '../domain/event.ts';
import type { Judgement } from '../domain/webhook.ts';
import type { HandOut } from './outbox-port.ts';
import type { Attempt, SentTo } from './webhook-rows-port.ts';

/** The delivery whose turn it is in a lane. */
export type DueDelivery = {
  id: string;
  /** Tries so far. */
  attempts: number;
  createdAt: Date;
  replay: boolean;
  event: Pick<EventView, 'id' | 'type'>;
  /** The event as JSON, the same text each time. */
  body: string;
  endpoint: SentTo;
  /** Ids of events before it in its lane that were given up since the last that arrived, oldest first. */
  gaveUp: string[];
};

/** `idle`: nothing is pending in the lane. `gate`: its endpoint is asked first whether it may pass. */
export type Due =
  | { verdict: 'send' | 'gate'; delivery: DueDelivery }
  | { verdict: 'wait'; until: Date }
  | { verdict: 'idle' };
export type Passed = { verdict: 'send'; id: string } | { verdict: 'wait'; until: Date } | { verdict: 'idle' };

/** Deliveries on their way, in statements that many runs share. */
export type DeliveryStore = {
  /** What is next in a lane. Changes nothing. */
  dueDelivery(tenantId: string, lane: string, now: Date): Promise<Due>;
  /** May the next of this lane pass? `idle`: it was put where its endpoint will find it. */
  passGate(tenantId: string, lane: string, now: Date): Promise<Passed>;
  /**
   * The try, what follows from it, and the lane's row of the outbox, all at once; false, and nothing written, when the
   * hand-out was overtaken by a later one.
   */
  recordAttempt(
    handOut: HandOut,
    delivery: DueDelivery,
    attempt: Attempt,
    judged: Judgement,
    now: Date,
  ): Promise<boolean>;
};
