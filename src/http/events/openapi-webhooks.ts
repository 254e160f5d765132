import { z } from 'zod';
import type { ZodOpenApiPathItemObject } from 'zod-openapi';
import { type EventType, eventTypes } from '../../domain/event.ts';
import { eventExamples } from './event-examples.ts';
import { eventKinds, eventSchemas, nameOf } from './event-schemas.ts';

const headers = z.object({
  'webhook-id': z.string().meta({
    description: 'The event’s id, the same at every try: what you have already, you drop.',
    example: eventExamples.ping.id,
  }),
  'webhook-timestamp': z.string().meta({
    description: 'When this try was sent, in seconds since 1970. Refuse what is older than five minutes.',
    example: '1795509040',
  }),
  'webhook-signature': z.string().meta({
    description: 'One or more signatures with a blank between; one that fits is enough.',
    example: 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
  }),
  'hub-gave-up': z.string().optional().meta({
    description: 'Ids of events before it of the same consent that never arrived: what waited for them goes on.',
  }),
  'hub-replay': z.enum(['true']).optional().meta({ description: 'There when you asked for it to be sent again.' }),
});

const webhookOf = (type: EventType): ZodOpenApiPathItemObject => ({
  post: {
    operationId: `receive${nameOf(type)}`,
    tags: ['Webhooks'],
    summary: type,
    description: `${eventKinds[type].told}\n\nSigned as Standard Webhooks 1.0 says. Answer 2xx within seconds; anything else is tried again for more than 72 hours.`,
    security: [],
    requestParams: { header: headers },
    requestBody: {
      required: true,
      content: { 'application/json': { schema: eventSchemas[type], example: eventExamples[type] } },
    },
    responses: { '204': { description: 'Received' }, '4XX': { description: 'Tried again later' } },
  },
});

/** What an endpoint receives, a webhook for each type. */
export const openApiWebhooks = (): Record<string, ZodOpenApiPathItemObject> =>
  Object.fromEntries(eventTypes.map((type) => [type, webhookOf(type)]));
