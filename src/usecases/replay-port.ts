import type { EventType } from '../domain/event.ts';
import type { DeliveryStatus } from '../domain/webhook.ts';

/** Which deliveries are shown. */
export type DeliveryFilter = {
  status?: DeliveryStatus | undefined;
  type?: EventType | undefined;
  consentId?: string | undefined;
};

export type ReplayAsk = {
  since: Date;
  until?: Date | undefined;
  types?: EventType[] | undefined;
  consentId?: string | undefined;
  dryRun: boolean;
};

/** Which events are sent to an endpoint again: from `since` on, before `until`. */
export type ReplayWish = {
  endpointId: string;
  since: Date;
  until: Date;
  types: EventType[];
  consentId?: string | undefined;
};

export type ReplayRows = {
  /** How many there are; counted up to one more than `most`. */
  count(wish: ReplayWish, most: number): Promise<number>;
  /**
   * Owes them, `everyMs` apart, and answers how many; where there are more than `most`, that there are, and owes none. What is
   * on its way to the endpoint already is not counted, and not doubled. The endpoint is locked (`endpoints.keep`).
   */
  owe(wish: ReplayWish, most: number, everyMs: number, now: Date): Promise<number>;
  /** The oldest event that is kept. Older ones were dropped where it is not the first. */
  oldest(): Promise<{ sequence: number; timestamp: Date } | undefined>;
};
