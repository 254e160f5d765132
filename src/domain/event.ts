import type { Access } from './access.ts';
import type { Consent, ConsentView } from './consent.ts';
import { consentView } from './consent-view.ts';

export const consentEventTypes = [
  'consent.requested',
  'consent.accepted',
  'consent.rejected',
  'consent.revoked',
  'consent.expired',
  'consent.expiring',
  'consent.withdrawn',
  'consent.blocked',
  'consent.failed',
  'consent.moved',
] as const;
export type ConsentEventType = (typeof consentEventTypes)[number];

export const eventTypes = [
  ...consentEventTypes,
  'access.granted',
  'access.lost',
  'webhook.failing',
  'webhook.recovered',
  'webhook.disabled',
  'ping',
] as const;
export type EventType = (typeof eventTypes)[number];

/** Of one endpoint, told to that one alone (`ping`) or to the others (`webhook.…`). */
export const isOfEndpoint = (type: EventType): boolean => type === 'ping' || type.startsWith('webhook.');

/** `data` of each type, as it is kept and told; `http/events/` describes it to those who read it. */
export type EventData = Record<ConsentEventType, { consent: Omit<ConsentView, 'from'> }> & {
  'access.granted': { access: AccessTold };
  'access.lost': { access: AccessTold; problem: NonNullable<ConsentView['problem']> };
  ping: { endpoint: string };
} & Record<'webhook.failing' | 'webhook.recovered' | 'webhook.disabled', EndpointTold>;
/** Of an address the host alone: the rest of it may be a secret. */
type EndpointTold = {
  endpoint: string;
  host: string;
  failures?: number;
  since?: string;
  reason?: 'tenant' | 'gone';
};
type AccessTold = Pick<Access, 'kind' | 'name'>;

/** An event about to be written: number and time are given by the store. */
export type NewEvent = {
  [Type in EventType]: { id: string; type: Type; consentId?: string; data: EventData[Type]; endpoint?: string };
}[EventType];

/** As told by cursor, stream and webhook. */
export type EventView = { id: string; type: EventType; timestamp: string; sequence: number; data: unknown };

/** Of a consent: the view without whom it is about. */
export const consentEvent = (id: string, type: ConsentEventType, consent: Consent): NewEvent => {
  const { from: _, ...view } = consentView(consent);
  return { id, type, consentId: consent.id, data: { consent: view } };
};
