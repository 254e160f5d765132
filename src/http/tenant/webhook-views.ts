import { z } from 'zod';
import { eventTypes } from '../../domain/event.ts';
import type { Delivery as DeliveryState, WebhookEndpoint as EndpointState } from '../../usecases/use-cases.ts';
import { Instant, isoOrNull, orNull, Uuid } from '../fields.ts';

export const WebhookEndpoint = z
  .object({
    id: Uuid,
    url: z.string(),
    description: z.string().nullable(),
    events: z.array(z.enum(eventTypes)).meta({ description: 'Types it wants; empty: all.' }),
    status: z.enum(['enabled', 'disabled']),
    createdAt: Instant,
    updatedAt: Instant,
  })
  .meta({ id: 'WebhookEndpoint' });

export const endpointView = (endpoint: EndpointState) => ({
  id: endpoint.id,
  url: endpoint.url,
  description: orNull(endpoint.description),
  events: endpoint.events,
  status: endpoint.status,
  createdAt: endpoint.createdAt.toISOString(),
  updatedAt: endpoint.updatedAt.toISOString(),
});

export const Delivery = z
  .object({
    id: Uuid,
    endpointId: Uuid,
    event: z.object({ id: Uuid, type: z.enum(eventTypes), sequence: z.number().int() }),
    status: z.enum(['pending', 'delivered', 'given-up']),
    attempts: z.array(
      z.object({
        number: z.number().int(),
        at: Instant,
        durationMs: z.number(),
        httpStatus: z.number().int().nullable().meta({ description: 'Null when there was no answer.' }),
        error: z.string().nullable().meta({ description: 'Why there was no answer.' }),
        answer: z.string().nullable().meta({ description: 'At most 1 kB of the answer.' }),
      }),
    ),
    nextAt: Instant.nullable().meta({ description: 'When it is tried next.' }),
    deliveredAt: Instant.nullable(),
    createdAt: Instant,
  })
  .meta({ id: 'Delivery' });

export const deliveryView = (delivery: DeliveryState) => ({
  id: delivery.id,
  endpointId: delivery.endpointId,
  event: delivery.event,
  status: delivery.status,
  attempts: delivery.attempts.map(({ number, at, durationMs, httpStatus, error, answer }) => ({
    number,
    at: at.toISOString(),
    durationMs,
    httpStatus: orNull(httpStatus),
    error: orNull(error),
    answer: orNull(answer),
  })),
  nextAt: isoOrNull(delivery.nextAt),
  deliveredAt: isoOrNull(delivery.deliveredAt),
  createdAt: delivery.createdAt.toISOString(),
});
