import type { Consent } from './consent.ts';
import { consentView } from './consent-view.ts';

export const eventTypes = [
  'consent.requested',
  'consent.accepted',
  'consent.rejected',
  'consent.revoked',
  'consent.expired',
  'consent.expiring',
  'consent.withdrawn',
  'consent.blocked',
  'consent.failed',
  'access.granted',
  'access.lost',
  'webhook.failing',
  'webhook.recovered',
  'webhook.disabled',
  'ping',
] as const;
export type EventType = (typeof eventTypes)[number];

/** An event about to be written: number and time are given by the store. */
export type NewEvent = { id: string; type: EventType; consentId?: string; data: object; endpoint?: string };

/** As told by cursor, stream and webhook. */
export type EventView = { id: string; type: EventType; timestamp: string; sequence: number; data: unknown };

/** Of a consent: the view without whom it is about. */
export const consentEvent = (id: string, type: EventType, consent: Consent): NewEvent => {
  const { from: _, ...view } = consentView(consent);
  return { id, type, consentId: consent.id, data: { consent: view } };
};
