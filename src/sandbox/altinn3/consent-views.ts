import { formatInstant, microsOf } from '../instants.ts';
import { partyUuidOf } from './parties.ts';
import type { Altinn3, Consent, ConsentEvent } from './state.ts';

const noId = '00000000-0000-0000-0000-000000000000';

const eventView = ({ id, created, performedBy, type, consentId }: ConsentEvent) => ({
  consentEventID: id,
  created: formatInstant(created),
  performedBy,
  eventType: type as string,
  consentRequestID: consentId,
});

/** Expiry is never stored: an answer made after `validTo` has an event for it that nobody wrote. */
const eventsOf = ({ clock }: Altinn3, { events, validTo, to }: Consent) => {
  const views = events.map(eventView);
  if (validTo > microsOf(clock.now())) return views;
  const created = formatInstant(validTo);
  return [...views, { consentEventID: noId, created, performedBy: to, eventType: 'Expired', consentRequestID: noId }];
};

/** Where the person is sent. */
export const viewUri = ({ baseUrl }: Altinn3, id: string): string =>
  `${baseUrl}accessmanagement/ui/consent/request?id=${id}`;

/** What a create (201) and a GET answer. Personal numbers are not masked there. */
export const requestView = (altinn: Altinn3, consent: Consent) => ({
  id: consent.id,
  from: consent.from,
  to: consent.to,
  requiredDelegator: consent.requiredDelegator,
  handledBy: consent.handledBy,
  validTo: formatInstant(consent.validTo),
  consentRights: consent.rights,
  requestMessage: consent.requestMessage,
  status: consent.status,
  consented: consent.consented === null ? null : formatInstant(consent.consented),
  redirectUrl: consent.redirectUrl,
  consentRequestEvents: eventsOf(altinn, consent),
  viewUri: viewUri(altinn, consent.id),
  portalViewMode: consent.portalViewMode,
});

/** What a repeated create (200) answers: the server's inner model, in another shape. */
export const duplicateView = (altinn: Altinn3, consent: Consent) => ({
  id: consent.id,
  from: consent.from,
  requiredDelegator: consent.requiredDelegator,
  to: consent.to,
  handledBy: consent.handledBy,
  validTo: formatInstant(consent.validTo),
  consentRights: consent.rights.map(({ action, resource, metadata }) => ({
    action,
    resource: resource.map(({ type, value }) => ({
      type,
      value,
      version: String(altinn.world.resources.get(value)?.version ?? 1),
    })),
    metadata,
  })),
  requestMessage: consent.requestMessage,
  consentRequestStatus: consent.status,
  consented: consent.consented === null ? null : formatInstant(consent.consented),
  consentRequestEvents: consent.events.map((event) => ({
    ...eventView(event),
    performedBy: partyUuidOf(altinn.world, event.performedBy),
  })),
  redirectUrl: consent.redirectUrl,
  viewUri: viewUri(altinn, consent.id),
  templateId: consent.template,
  templateVersion: 1,
  portalViewMode: consent.portalViewMode,
});
