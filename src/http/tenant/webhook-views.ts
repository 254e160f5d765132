import { z } from 'zod';
import { eventTypes } from '../../domain/event.ts';
import { signings } from '../../domain/receiver.ts';
import { deliveryStatuses } from '../../domain/webhook.ts';
import type { Delivery as DeliveryState, WebhookEndpoint as EndpointState } from '../../usecases/use-cases.ts';
import { Instant, isoOrNull, orNull, Uuid } from '../fields.ts';
import { ReceiverAuth, receiverAuthView } from './receiver-auth-schemas.ts';

export const PrivateTarget = z
  .object({ host: z.string(), port: z.number().int() })
  .nullable()
  .meta({ description: 'Where the operator lets it be although that is not public.' });

export const privateTargetView = ({ privateTarget }: Pick<EndpointState, 'privateTarget'>) => orNull(privateTarget);

export const WebhookEndpoint = z
  .object({
    id: Uuid,
    url: z.string(),
    description: z.string().nullable(),
    events: z.array(z.enum(eventTypes)).meta({ description: 'Types it wants; empty: all.' }),
    status: z.enum(['enabled', 'disabled']),
    disabledReason: z
      .enum(['tenant', 'gone'])
      .nullable()
      .meta({ description: 'While disabled: by the tenant, or because the receiver answered 410.' }),
    ratePerSecond: z.number().int().nullable().meta({ description: 'Deliveries a second at most.' }),
    health: z.object({
      failuresInARow: z.number().int(),
      failingSince: Instant.nullable().meta({
        description: 'While it is failing: when the first of these failures was.',
      }),
      restsUntil: Instant.nullable().meta({ description: 'Nothing is sent before.' }),
      lastDeliveredAt: Instant.nullable().meta({ description: 'To some ten seconds.' }),
      pending: z.number().int().meta({ description: 'Deliveries that wait; counted up to 10,000.' }),
      held: z.number().int().meta({ description: 'Deliveries held while it was disabled; counted up to 10,000.' }),
    }),
    signing: z.enum(signings).meta({
      description: '`v1`: HMAC with a secret we share. `v1a`: Ed25519, verified with `publicKeys`.',
    }),
    publicKeys: z.array(z.string()).meta({
      description: 'With `v1a`: one that verifies is enough. Two while one replaces the other.',
      example: ['whpk_nFiLQRuKmqDlZJ4QeAmFwSQ2FNtkGaEJXpeFPBnfrJM='],
    }),
    auth: ReceiverAuth.nullable(),
    privateTarget: PrivateTarget,
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
  disabledReason: orNull(endpoint.disabledReason),
  ratePerSecond: orNull(endpoint.ratePerSecond),
  health: {
    failuresInARow: endpoint.health.failuresInARow,
    failingSince: isoOrNull(endpoint.health.failingSince),
    restsUntil: isoOrNull(endpoint.health.restsUntil),
    lastDeliveredAt: isoOrNull(endpoint.health.lastDeliveredAt),
    pending: endpoint.health.pending,
    held: endpoint.health.held,
  },
  signing: endpoint.signing,
  publicKeys: endpoint.publicKeys,
  auth: receiverAuthView(endpoint.auth),
  privateTarget: privateTargetView(endpoint),
  createdAt: endpoint.createdAt.toISOString(),
  updatedAt: endpoint.updatedAt.toISOString(),
});

export const Delivery = z
  .object({
    id: Uuid,
    endpointId: Uuid,
    event: z.object({ id: Uuid, type: z.enum(eventTypes), sequence: z.number().int() }),
    status: z.enum(deliveryStatuses).meta({ description: '`held`: its endpoint is, or was, disabled.' }),
    replay: z.boolean().meta({ description: 'Sent again because it was asked for.' }),
    gaveUp: z.array(Uuid).meta({
      description:
        'Events before it for the same consent that were given up, oldest first; also in the header `hub-gave-up`.',
    }),
    attempts: z.array(
      z.object({
        number: z.number().int(),
        at: Instant,
        durationMs: z.number(),
        httpStatus: z.number().int().nullable().meta({ description: 'Null when there was no answer.' }),
        error: z.string().nullable().meta({
          description:
            'Why there was no answer: `timeout`, `refused-address`, `unresolved`, `connection`, `tls`, `proxy`, `oauth-token` (your token server gave none); or `redirect`, which is not followed.',
        }),
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
  replay: delivery.replay,
  gaveUp: delivery.gaveUp,
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
