import { z } from 'zod';
import type { ConsentStatus } from '../../domain/consent.ts';
import { type EventData, type EventType, eventTypes } from '../../domain/event.ts';
import { Instant, Uuid } from '../fields.ts';
import { Consent, KeptProblem } from '../tenant/consent-schemas.ts';
import { Event } from '../tenant/event-schema.ts';

/** A consent without whom it is about. */
const Told = Consent.omit({ from: true });
const consent = <S extends ConsentStatus, M extends z.ZodRawShape>(status: S, more: M) =>
  z.object({ consent: Told.extend({ status: z.literal(status), ...more }) });
const withProblem = { problem: KeptProblem.meta({ description: 'Why, and who can mend it.' }) };

const Access = z
  .object({ kind: z.enum(['scope', 'service']), name: z.string() })
  .meta({ description: 'A scope at Maskinporten, or a service at Altinn.' });
const Endpoint = Uuid.meta({ description: 'The webhook endpoint it is about.' });

const OfEndpoint = z.object({ endpoint: Endpoint, host: z.string().meta({ description: 'Of its address.' }) });

type Kind<T extends EventType> = {
  /** When it is told. */
  told: string;
  /** The shape of `data`. */
  data: z.ZodObject & z.ZodType<EventData[T]>;
};

/** Every type of event: when it is told and what it carries. The OpenAPI document and `/docs/events` are made of this. */
export const eventKinds: { [T in EventType]: Kind<T> } = {
  'consent.requested': {
    told: 'Altinn has the request. Send the person to `approvalUrl`.',
    data: consent('pending', { approvalUrl: z.string().meta({ description: 'Where the person answers.' }) }),
  },
  'consent.accepted': {
    told: 'The person has consented: tokens and data can be had from now on.',
    data: consent('accepted', {}),
  },
  'consent.rejected': { told: 'The person said no. Final.', data: consent('rejected', {}) },
  'consent.revoked': {
    told: 'The person has taken the consent back. No token, no data any more. Final.',
    data: consent('revoked', {}),
  },
  'consent.expired': {
    told: '`validTo` has passed, whether it was answered or not. Altinn never tells this; the hub does. Final.',
    data: consent('expired', {}),
  },
  'consent.expiring': {
    told: 'An accepted consent ends soon: so many days ahead as the operator has set for the tenant (`expiringDays`).',
    data: consent('accepted', {}),
  },
  'consent.withdrawn': {
    told: 'You have withdrawn it (`POST /v1/consents/{id}/withdraw`). Final.',
    data: consent('withdrawn', {
      upstream: z.enum(['open', 'closed']).meta({ description: 'Does Altinn still show it to the person?' }),
    }),
  },
  'consent.blocked': {
    told: 'Somebody outside must act first: `problem` says who, and where. It goes on by itself afterwards.',
    data: consent('blocked', withProblem),
  },
  'consent.failed': { told: 'It came to nothing; `problem` says why. Final.', data: consent('failed', withProblem) },
  'consent.moved': {
    told: 'It lives in Altinn 3 now, where Altinn has moved what it had in Altinn 2: its services and the names of its metadata are others, and one token opens its data. The person answers no new question.',
    data: z.object({ consent: Told.extend({ status: z.enum(['pending', 'accepted']) }) }),
  },
  'access.granted': {
    told: 'Access that was missing is there again. What waited for it goes on by itself.',
    data: z.object({ access: Access }),
  },
  'access.lost': {
    told: 'You or the owner of the API have taken access away. Its tokens are gone; `problem` says whose move it is.',
    data: z.object({ access: Access, problem: KeptProblem }),
  },
  'webhook.failing': {
    told: 'An endpoint of yours has stopped taking events. They are kept and tried again. Not sent to the endpoint itself.',
    data: OfEndpoint.extend({
      failures: z.number().int().meta({ description: 'Tries in a row that failed.' }),
      since: Instant.meta({ description: 'When the first of them was.' }),
    }),
  },
  'webhook.recovered': {
    told: 'It takes events again; what waited goes on. Not sent to the endpoint itself.',
    data: OfEndpoint.extend({ since: Instant.exactOptional().meta({ description: 'Since when it had failed.' }) }),
  },
  'webhook.disabled': {
    told: 'Nothing is sent there until it is enabled again; its events are held, and can be replayed. Not sent to the endpoint itself.',
    data: OfEndpoint.extend({
      reason: z.enum(['tenant', 'gone']).meta({ description: '`tenant`: you did; `gone`: it answered 410.' }),
    }),
  },
  ping: {
    told: 'You asked for it (`POST /v1/webhook-endpoints/{id}/test`). Goes to that endpoint alone.',
    data: z.object({ endpoint: Endpoint }),
  },
};

/** `consent.accepted` → `ConsentAccepted`. */
export const nameOf = (type: EventType): string =>
  type.replace(/(?:^|\.)(\w)/g, (_, letter: string) => letter.toUpperCase());

const schemaOf = <T extends EventType>(type: T) =>
  Event.extend({ type: z.literal(type), data: eventKinds[type].data }).meta({ id: `${nameOf(type)}Event` });

/** A whole event of each type, as webhooks, stream and cursor tell it. */
export const eventSchemas = Object.fromEntries(eventTypes.map((type) => [type, schemaOf(type)])) as {
  [T in EventType]: ReturnType<typeof schemaOf<T>>;
};
