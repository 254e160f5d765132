import type { Access } from '../../domain/access.ts';
import type { Consent } from '../../domain/consent.ts';
import { problemView } from '../../domain/consent-view.ts';
import {
  type ConsentEventType,
  consentEvent,
  consentEventTypes,
  type EventData,
  type EventType,
  eventTypes,
} from '../../domain/event.ts';
import type { KeptProblem } from '../../domain/problem.ts';

const at = (text: string) => new Date(`2026-11-24T${text}Z`);
const since = at('08:38:00').toISOString();
const endpoint = '0193627c-1b2d-7e3f-9a4b-5c6d7e8f9a0b';

/** One consent, told at each turn it can take. */
const pending: Consent = {
  tenantId: '0193627b-0000-7000-8000-000000000001',
  id: '0193627c-9c3e-7d1a-b0a4-6f8f2a1c5e77',
  status: 'pending',
  version: 2,
  generation: 'altinn3',
  reference: 'loan-4711',
  party: { kind: 'person', masked: '259229*****' },
  rights: [{ service: 'ske-inntekt', metadata: { fraogmed: '2025-01', tilogmed: '2025-12' } }],
  validTo: new Date('2026-12-24T12:00:00Z'),
  redirectUrl: 'https://bank.example/done',
  approvalUrl: 'https://am.ui.altinn.no/accessmanagement/ui/consent/request?id=0193627c-9c3e-7d1a-b0a4-6f8f2a1c5e77',
  createdAt: at('08:30:00'),
  updatedAt: at('08:30:01.218'),
};
const { approvalUrl: _, ...unasked } = pending;
const accepted: Consent = { ...pending, status: 'accepted', version: 3, updatedAt: at('08:31:40.501') };

const notDelegated: KeptProblem = {
  code: 'access-not-delegated',
  detail: 'The tenant has not delegated the scope altinn:consentrequests.write to the operator',
  mover: 'tenant',
  link: 'https://am.ui.altinn.no/accessmanagement/ui/offered-api-delegations/',
};
const notGranted: KeptProblem = {
  code: 'access-not-granted',
  detail: 'The tenant has no access to the scope skatteetaten:inntekt',
  mover: 'api-owner',
  link: 'https://sjolvbetjening.samarbeid.digdir.no/',
};
const unknown: KeptProblem = {
  code: 'person-unknown',
  detail: 'Altinn does not know this person',
  mover: 'nobody',
};

const ended = (status: Consent['status'], time: string, more: Partial<Consent> = {}): Consent => ({
  ...accepted,
  status,
  version: 4,
  updatedAt: at(time),
  ...more,
});
const consents: Record<ConsentEventType, Consent> = {
  'consent.requested': pending,
  'consent.accepted': accepted,
  'consent.rejected': { ...accepted, status: 'rejected' },
  'consent.revoked': ended('revoked', '09:12:07.350'),
  'consent.expired': ended('expired', '12:00:05'),
  'consent.expiring': { ...accepted, version: 4, updatedAt: new Date('2026-12-17T12:00:00Z') },
  'consent.withdrawn': ended('withdrawn', '09:00:00', { upstream: 'open' }),
  'consent.blocked': { ...unasked, status: 'blocked', problem: notDelegated },
  'consent.failed': { ...unasked, status: 'failed', problem: unknown },
  'consent.moved': { ...accepted, version: 4, updatedAt: at('22:00:00') },
};

const scope = (name: string): Pick<Access, 'kind' | 'name'> => ({ kind: 'scope', name });
const others: Omit<EventData, ConsentEventType> = {
  'access.granted': { access: scope('altinn:consentrequests.write') },
  'access.lost': { access: scope('skatteetaten:inntekt'), problem: problemView(notGranted) },
  'webhook.failing': { endpoint, host: 'bank.example', failures: 5, since },
  'webhook.recovered': { endpoint, host: 'bank.example', since },
  'webhook.disabled': { endpoint, host: 'bank.example', reason: 'gone' },
  ping: { endpoint },
};

const isOfConsent = (type: EventType): type is ConsentEventType => consentEventTypes.some((one) => one === type);

/** A whole event of each type, made as the hub makes them; a test holds them against their schemas. */
export const eventExamples = Object.fromEntries(
  eventTypes.map((type, place) => {
    const timestamp = isOfConsent(type) ? consents[type].updatedAt : at('08:40:00');
    const data = isOfConsent(type) ? consentEvent('', type, consents[type]).data : others[type];
    const id = `0193627d-4c3e-7c1a-8f0e-6f8f2a1c5e${(16 + place).toString(16)}`;
    return [type, { id, type, timestamp: timestamp.toISOString(), sequence: 17 + place, data }];
  }),
) as Record<EventType, { id: string; type: EventType; timestamp: string; sequence: number; data: object }>;
