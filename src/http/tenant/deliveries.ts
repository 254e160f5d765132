import { z } from 'zod';
import { eventTypes } from '../../domain/event.ts';
import { deliveryStatuses } from '../../domain/webhook.ts';
import type { UseCases } from '../../usecases/use-cases.ts';
import { ById } from '../fields.ts';
import { PageOf, paging, sealedPageView } from '../paging.ts';
import { type Route, route } from '../route.ts';
import { Delivery, deliveryView } from './webhook-views.ts';

const all = { audience: 'tenant', scope: 'webhooks:write', tag: 'Webhooks', params: ById } as const;

const Filter = z.strictObject({
  status: z.enum(deliveryStatuses).optional(),
  type: z.enum(eventTypes).optional(),
  consentId: z.uuid().toLowerCase().optional().meta({ description: 'Of events of this consent.' }),
  ...paging,
});

/** Deliveries: each event's way to each endpoint, with every try. */
export const deliveryRoutes = (uses: UseCases): Route[] => [
  route({
    ...all,
    name: 'listDeliveries',
    method: 'get',
    path: '/v1/webhook-endpoints/:id/deliveries',
    summary: 'List deliveries to an endpoint, with every try',
    query: Filter,
    replies: { 200: PageOf(Delivery) },
    problems: ['webhook-endpoint-not-found', 'cursor-invalid'],
    handle: async ({ by, params, query }) => ({
      status: 200,
      body: sealedPageView(await uses.listDeliveries(by, params.id, query), deliveryView),
    }),
  }),
  route({
    ...all,
    name: 'readDelivery',
    method: 'get',
    path: '/v1/deliveries/:id',
    summary: 'Read a delivery, with every try',
    replies: { 200: Delivery },
    problems: ['delivery-not-found'],
    handle: async ({ by, params }) => ({ status: 200, body: deliveryView(await uses.readDelivery(by, params.id)) }),
  }),
  route({
    ...all,
    name: 'retryDelivery',
    method: 'post',
    path: '/v1/deliveries/:id/retry',
    summary: 'Try a delivery again now',
    description:
      'One that waits, was held or was given up, with those that wait before it for the same consent. At most 60 times a minute.',
    replies: { 202: Delivery },
    problems: ['delivery-not-found', 'webhook-endpoint-not-found', 'webhook-endpoint-disabled'],
    handle: async ({ by, params }) => ({ status: 202, body: deliveryView(await uses.retryDelivery(by, params.id)) }),
  }),
];
