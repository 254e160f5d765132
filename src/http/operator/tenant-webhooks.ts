import { z } from 'zod';
import { signings } from '../../domain/receiver.ts';
import type { WebhookEndpoint as EndpointState, UseCases } from '../../usecases/use-cases.ts';
import { ByEndpointId, ById, Instant, Uuid } from '../fields.ts';
import { PageOf, PageQuery, pageAsk, pageView, sliceOf } from '../paging.ts';
import { type Route, route } from '../route.ts';
import { PrivateTarget, privateTargetView } from '../tenant/webhook-views.ts';

const all = { audience: 'operator', tag: 'Tenants' } as const;

const canonical = (host: string): string | undefined =>
  /[\s\\/@?#%]|:\/\//.test(host) || !URL.canParse(`https://${host}/`) || new URL(`https://${host}/`).port !== ''
    ? undefined
    : new URL(`https://${host}/`).hostname;

const Ask = z.strictObject({
  host: z
    .string()
    .min(1)
    .max(255)
    .refine((host) => canonical(host) !== undefined && !host.endsWith('.'), {
      error: 'must be a host name or an IP address, an IPv6 one in brackets',
      abort: true,
    })
    .transform((host) => canonical(host) ?? host)
    .meta({ example: 'hooks.bank.internal' }),
  port: z.number().int().min(1).max(65_535).meta({ example: 8443 }),
});

/** What an operator needs to know one by: the rest of an address may be a secret. */
const TenantWebhook = z
  .object({
    id: Uuid,
    origin: z.string().meta({ description: 'Scheme, host and port of its address.' }),
    status: z.enum(['enabled', 'disabled']),
    signing: z.enum(signings),
    auth: z.enum(['mtls', 'oauth']).nullable(),
    privateTarget: PrivateTarget,
    createdAt: Instant,
    updatedAt: Instant,
  })
  .meta({ id: 'TenantWebhook' });

const view = (endpoint: EndpointState) => ({
  id: endpoint.id,
  origin: new URL(endpoint.url).origin,
  status: endpoint.status,
  signing: endpoint.signing,
  auth: endpoint.auth?.kind ?? null,
  privateTarget: privateTargetView(endpoint),
  createdAt: endpoint.createdAt.toISOString(),
  updatedAt: endpoint.updatedAt.toISOString(),
});

/** `/operator/v1/tenants/{id}/webhook-endpoints`: which of them may be at a private address. */
export const tenantWebhookRoutes = (uses: UseCases): Route[] => [
  route({
    ...all,
    name: 'listTenantWebhookEndpoints',
    method: 'get',
    path: '/operator/v1/tenants/:id/webhook-endpoints',
    role: 'reader',
    summary: 'List a tenant’s webhook endpoints',
    params: ById,
    query: PageQuery,
    replies: { 200: PageOf(TenantWebhook) },
    problems: ['tenant-not-found', 'cursor-invalid'],
    handle: async ({ by, params, query }) => {
      const page = sliceOf(await uses.listTenantWebhookEndpoints(by, params.id), ({ id }) => id, pageAsk(query));
      return { status: 200, body: pageView(page, view) };
    },
  }),
  route({
    ...all,
    name: 'allowPrivateTarget',
    method: 'post',
    path: '/operator/v1/tenants/:id/webhook-endpoints/:endpointId/private-target',
    role: 'administrator',
    summary: 'Let a webhook endpoint be at a private address',
    description:
      'This host and port, and for this endpoint alone: its own address and that of its tokens. The tenant may change its address to it from then on. Never link-local and metadata addresses, nor the hub’s own stores. It is https in production here too; `HUB_EGRESS_CA_FILE` is for certificates of a house’s own.',
    params: ByEndpointId,
    body: Ask,
    replies: { 200: TenantWebhook },
    problems: ['tenant-not-found', 'webhook-endpoint-not-found', 'private-target-invalid'],
    handle: async ({ by, params, body }) => ({
      status: 200,
      body: view(await uses.allowPrivateTarget(by, params.id, params.endpointId, body)),
    }),
  }),
  route({
    ...all,
    name: 'withdrawPrivateTarget',
    method: 'delete',
    path: '/operator/v1/tenants/:id/webhook-endpoints/:endpointId/private-target',
    role: 'administrator',
    summary: 'Let a webhook endpoint be at a public address only',
    params: ByEndpointId,
    replies: { 200: TenantWebhook },
    problems: ['tenant-not-found', 'webhook-endpoint-not-found'],
    handle: async ({ by, params }) => ({
      status: 200,
      body: view(await uses.allowPrivateTarget(by, params.id, params.endpointId, undefined)),
    }),
  }),
];
