import { z } from 'zod';
import { eventTypes } from '../../domain/event.ts';
import { signings } from '../../domain/receiver.ts';
import type { UseCases } from '../../usecases/use-cases.ts';
import { ById, Instant, Line, lastCheck, orNull, Uuid, WebhookUrl } from '../fields.ts';
import { PageOf, PageQuery, pageAsk, pageView, sliceOf } from '../paging.ts';
import { type Route, route } from '../route.ts';
import { ReceiverAuthAsk } from './receiver-auth-schemas.ts';
import { endpointView, WebhookEndpoint } from './webhook-views.ts';

const Events = z
  .array(z.enum(eventTypes))
  .max(100)
  .meta({ description: 'Types it wants; empty: all.', example: ['consent.accepted'] });
const Description = Line(500);
const Rate = z
  .number()
  .int()
  .min(1)
  .max(1000)
  .meta({ description: 'Deliveries a second at most; by default as many as it takes.', example: 50 });
const Status = z.enum(['enabled', 'disabled']);
const Secret = z
  .string()
  .max(200, lastCheck)
  .meta({ description: 'Your own, `whsec_` and 24 to 64 bytes in base64, for `v1`. Left out, the hub makes one.' });
const Ask = z.strictObject({
  url: WebhookUrl,
  events: Events.default([]),
  description: Description.exactOptional(),
  ratePerSecond: Rate.exactOptional(),
  status: Status.default('enabled').meta({ description: 'One made `disabled` gets nothing until it is enabled.' }),
  signing: z.enum(signings).default('v1').meta({
    description:
      '`v1`: HMAC with a secret we share. `v1a`: Ed25519; you get the public key, and nobody the private one.',
  }),
  secret: Secret.exactOptional(),
  auth: ReceiverAuthAsk.exactOptional(),
});
const Change = z.strictObject({
  url: WebhookUrl.exactOptional(),
  events: Events.exactOptional(),
  description: Description.exactOptional(),
  status: Status.exactOptional(),
  signing: z.enum(signings).exactOptional().meta({
    description: 'Another than now brings a new secret or key, beside which the old one signs for a day.',
  }),
  auth: ReceiverAuthAsk.nullable().exactOptional(),
  ratePerSecond: Rate.nullable().exactOptional().meta({ description: 'Null: no limit any more.' }),
});
const daySeconds = 86_400;
const Rotation = z.strictObject({
  overlapSeconds: z
    .number()
    .int()
    .min(0)
    .max(30 * daySeconds)
    .default(daySeconds)
    .meta({ description: 'How long the old secret still signs beside the new one.' }),
  secret: Secret.exactOptional(),
});

const all = { audience: 'tenant', scope: 'webhooks:write', tag: 'Webhooks' } as const;
const secret = z.string().nullable().meta({
  description: 'Shown once, when it is new. Verifies signatures as Standard Webhooks says. Null with `v1a`.',
  example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
});

/** `/v1/webhook-endpoints`: where a tenant's events are sent. */
export const webhookEndpointRoutes = (uses: UseCases): Route[] => [
  route({
    ...all,
    name: 'createWebhookEndpoint',
    method: 'post',
    path: '/v1/webhook-endpoints',
    summary: 'Add a webhook endpoint',
    body: Ask,
    replies: { 201: WebhookEndpoint.extend({ secret }).meta({ id: 'NewWebhookEndpoint' }) },
    problems: [
      ...(['webhook-url-invalid', 'webhook-url-taken', 'too-many-webhook-endpoints'] as const),
      ...(['webhook-secret-invalid', 'webhook-auth-invalid'] as const),
    ],
    handle: async ({ by, body }) => {
      const made = await uses.createWebhookEndpoint(by, body);
      return {
        status: 201,
        headers: { location: `/v1/webhook-endpoints/${made.id}` },
        body: { ...endpointView(made), secret: orNull(made.secret) },
      };
    },
  }),
  route({
    ...all,
    name: 'listWebhookEndpoints',
    method: 'get',
    path: '/v1/webhook-endpoints',
    summary: 'List webhook endpoints',
    query: PageQuery,
    replies: { 200: PageOf(WebhookEndpoint) },
    problems: ['cursor-invalid'],
    handle: async ({ by, query }) => {
      const page = sliceOf(await uses.listWebhookEndpoints(by), ({ id }) => id, pageAsk(query));
      return { status: 200, body: pageView(page, endpointView) };
    },
  }),
  route({
    ...all,
    name: 'readWebhookEndpoint',
    method: 'get',
    path: '/v1/webhook-endpoints/:id',
    summary: 'Read a webhook endpoint',
    params: ById,
    replies: { 200: WebhookEndpoint },
    problems: ['webhook-endpoint-not-found'],
    handle: async ({ by, params }) => ({
      status: 200,
      body: endpointView(await uses.readWebhookEndpoint(by, params.id)),
    }),
  }),
  route({
    ...all,
    name: 'changeWebhookEndpoint',
    method: 'patch',
    path: '/v1/webhook-endpoints/:id',
    summary: 'Change a webhook endpoint, or enable one that was disabled',
    description:
      'While it is disabled its deliveries are held. Enabling leaves them so; each can be retried. An address on another server needs `auth` along with it where there is some: anew, or `null`.',
    params: ById,
    body: Change,
    replies: {
      200: WebhookEndpoint.extend({
        secret: z.string().exactOptional().meta({ description: 'Shown once, where `signing` became `v1`.' }),
      }).meta({ id: 'ChangedWebhookEndpoint' }),
    },
    problems: [
      ...(['webhook-endpoint-not-found', 'webhook-url-invalid', 'webhook-url-taken'] as const),
      ...(['webhook-auth-invalid', 'webhook-auth-needed'] as const),
    ],
    handle: async ({ by, params, body }) => {
      const changed = await uses.changeWebhookEndpoint(by, params.id, body);
      const { secret } = changed;
      return { status: 200, body: { ...endpointView(changed), ...(secret === undefined ? {} : { secret }) } };
    },
  }),
  route({
    ...all,
    name: 'removeWebhookEndpoint',
    method: 'delete',
    path: '/v1/webhook-endpoints/:id',
    summary: 'Remove a webhook endpoint',
    params: ById,
    replies: { 204: 'nothing' },
    problems: ['webhook-endpoint-not-found'],
    handle: async ({ by, params }) => {
      await uses.removeWebhookEndpoint(by, params.id);
      return { status: 204 };
    },
  }),
  route({
    ...all,
    name: 'rotateWebhookSecret',
    method: 'post',
    path: '/v1/webhook-endpoints/:id/rotate-secret',
    summary: 'Get a new secret',
    description: 'For a while deliveries are signed with both, so that no receiver has to change at the same moment.',
    params: ById,
    body: Rotation,
    bodyOptional: true,
    replies: { 200: z.object({ secret, publicKeys: z.array(z.string()), previousUntil: Instant }) },
    problems: ['webhook-endpoint-not-found', 'webhook-secret-invalid'],
    handle: async ({ by, params, body }) => {
      const { secret, publicKeys, previousUntil } = await uses.rotateWebhookSecret(by, params.id, body);
      return { status: 200, body: { secret: orNull(secret), publicKeys, previousUntil: previousUntil.toISOString() } };
    },
  }),
  route({
    ...all,
    name: 'testWebhookEndpoint',
    method: 'post',
    path: '/v1/webhook-endpoints/:id/test',
    summary: 'Send a ping to this endpoint alone',
    description: 'At most 60 times a minute.',
    params: ById,
    replies: { 202: z.object({ eventId: Uuid }) },
    problems: ['webhook-endpoint-not-found'],
    handle: async ({ by, params }) => ({ status: 202, body: await uses.testWebhookEndpoint(by, params.id) }),
  }),
];
