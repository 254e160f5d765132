import { v7 } from 'uuid';
import type { MovableClock } from '../../lib/clock.ts';
import { type Micros, microsOf } from '../instants.ts';
import type { Settings } from '../settings.ts';
import type { World } from '../world.ts';

type ConsentStatus = 'Created' | 'Accepted' | 'Rejected' | 'Revoked' | 'Deleted';
type EventType = ConsentStatus | 'Used';

export type ConsentRight = {
  action: string[];
  resource: { type: string; value: string }[];
  metadata: Record<string, string> | null;
};

export type ConsentEvent = { id: string; created: Micros; performedBy: string; type: EventType; consentId: string };

/** Parties are URNs, as on the wire. */
export type Consent = {
  id: string;
  from: string;
  to: string;
  requiredDelegator: string | null;
  handledBy: string | null;
  validTo: Micros;
  rights: ConsentRight[];
  requestMessage: Record<string, string> | null;
  redirectUrl: string;
  portalViewMode: 'Hide' | 'Show';
  template: string;
  status: ConsentStatus;
  consented: Micros | null;
  events: ConsentEvent[];
  /** How many creates with this id came as far as the insert: 1, and one more for each repeat. */
  createCalls: number;
};

export type Altinn3 = {
  world: World;
  settings: Settings;
  clock: MovableClock;
  /** With a trailing slash. */
  baseUrl: string;
  consents: Map<string, Consent>;
  /** Each consumer's events in the order of their ids, which is the order of the feed. */
  eventsByConsumer: Map<string, ConsentEvent[]>;
  /** Notes an event now, on the consent and in its consumer's feed. */
  record(consent: Consent, type: EventType, performedBy: string): ConsentEvent;
};

export const openAltinn3 = (parts: Pick<Altinn3, 'world' | 'settings' | 'clock' | 'baseUrl'>): Altinn3 => {
  const eventsByConsumer = new Map<string, ConsentEvent[]>();
  let last: Micros = 0;
  let count = 0;

  /** The clock has milliseconds only: the rest is made up, and always grows. */
  const stamp = (): Micros => {
    const now = microsOf(parts.clock.now());
    last = Math.max(last + 1, now + (count % 1000));
    return last;
  };

  return {
    ...parts,
    consents: new Map(),
    eventsByConsumer,
    record(consent, type, performedBy) {
      count += 1;
      const created = stamp();
      const id = v7({ msecs: Math.floor(created / 1000), seq: count });
      const event = { id, created, performedBy, type, consentId: consent.id };
      consent.events.push(event);
      const feed = eventsByConsumer.get(consent.to) ?? [];
      feed.push(event);
      eventsByConsumer.set(consent.to, feed);
      return event;
    },
  };
};
