import { z } from 'zod';
import type { Tenant as TenantState, UseCases } from '../../usecases/use-cases.ts';
import {
  ById,
  Instant,
  isoOrNull,
  Line,
  OrganizationNumber,
  orNull,
  RedirectUrl,
  ServiceKey,
  Uuid,
} from '../fields.ts';
import { PageOf, PageQuery, pageAsk, pageView } from '../paging.ts';
import { type Route, route } from '../route.ts';

const all = { audience: 'operator', tag: 'Tenants' } as const;

const RedirectUrls = z.array(RedirectUrl).max(100).meta({
  description: 'Where browsers may be sent back to: scheme, host, port and path must match, the query is free.',
});
const Services = z.array(ServiceKey).max(200).meta({ description: 'Keys of the services it may ask consent for.' });
const ExpiringDays = z
  .number()
  .int()
  .min(1)
  .max(365)
  .meta({ description: 'How many days ahead `consent.expiring` is told.', example: 14 });
const Name = Line(200).meta({ example: 'Fjordbanken ASA' });

const Ask = z.strictObject({
  orgno: OrganizationNumber,
  name: Name,
  redirectUrls: RedirectUrls.default([]),
  services: Services.default([]),
  expiringDays: ExpiringDays.exactOptional(),
});
const Change = z.strictObject({
  name: Name.exactOptional(),
  redirectUrls: RedirectUrls.exactOptional(),
  services: Services.exactOptional(),
  expiringDays: ExpiringDays.nullable().exactOptional(),
});

export const Tenant = z
  .object({
    id: Uuid,
    orgno: z.string().meta({ example: '910514318' }),
    name: z.string(),
    status: z.enum(['active', 'suspended', 'offboarding', 'offboarded']),
    redirectUrls: z.array(z.string()),
    services: z.array(z.string()),
    expiringDays: z.number().int().nullable(),
    createdAt: Instant,
    updatedAt: Instant,
    eraseAt: Instant.nullable().meta({ description: 'When all its rows are erased, where it leaves or has left.' }),
  })
  .meta({ id: 'Tenant' });

export const tenantView = (tenant: TenantState) => ({
  ...tenant,
  expiringDays: orNull(tenant.expiringDays),
  createdAt: tenant.createdAt.toISOString(),
  updatedAt: tenant.updatedAt.toISOString(),
  eraseAt: isoOrNull(tenant.eraseAt),
});

/** `/operator/v1/tenants`: the organisations the operator acts for. */
export const tenantRoutes = (uses: UseCases): Route[] => [
  route({
    ...all,
    name: 'createTenant',
    method: 'post',
    path: '/operator/v1/tenants',
    role: 'support',
    summary: 'Add a tenant',
    body: Ask,
    replies: { 201: Tenant },
    problems: ['organization-number-invalid', 'already-exists', 'service-unknown', 'redirect-url-invalid'],
    handle: async ({ by, body }) => {
      const made = await uses.createTenant(by, body);
      return { status: 201, headers: { location: `/operator/v1/tenants/${made.id}` }, body: tenantView(made) };
    },
  }),
  route({
    ...all,
    name: 'listTenants',
    method: 'get',
    path: '/operator/v1/tenants',
    role: 'reader',
    summary: 'List tenants',
    query: PageQuery,
    replies: { 200: PageOf(Tenant) },
    problems: ['cursor-invalid'],
    handle: async ({ by, query }) => ({
      status: 200,
      body: pageView(await uses.listTenants(by, pageAsk(query)), tenantView),
    }),
  }),
  route({
    ...all,
    name: 'readTenant',
    method: 'get',
    path: '/operator/v1/tenants/:id',
    role: 'reader',
    summary: 'Read a tenant',
    params: ById,
    replies: { 200: Tenant },
    problems: ['tenant-not-found'],
    handle: async ({ by, params }) => ({ status: 200, body: tenantView(await uses.readTenant(by, params.id)) }),
  }),
  route({
    ...all,
    name: 'changeTenant',
    method: 'patch',
    path: '/operator/v1/tenants/:id',
    role: 'support',
    summary: 'Change a tenant',
    description: 'Other `redirectUrls` need the role `administrator`.',
    params: ById,
    body: Change,
    replies: { 200: Tenant },
    problems: ['tenant-not-found', 'tenant-offboarded', 'service-unknown', 'redirect-url-invalid'],
    handle: async ({ by, params, body }) => ({
      status: 200,
      body: tenantView(await uses.changeTenant(by, params.id, body)),
    }),
  }),
  route({
    ...all,
    name: 'suspendTenant',
    method: 'post',
    path: '/operator/v1/tenants/:id/suspend',
    role: 'support',
    summary: 'Suspend a tenant',
    description: 'Its keys open nothing and its jobs rest, until it is resumed. Nothing is lost.',
    params: ById,
    replies: { 200: Tenant },
    problems: ['tenant-not-found', 'tenant-offboarded'],
    handle: async ({ by, params }) => ({ status: 200, body: tenantView(await uses.suspendTenant(by, params.id)) }),
  }),
  route({
    ...all,
    name: 'resumeTenant',
    method: 'post',
    path: '/operator/v1/tenants/:id/resume',
    role: 'support',
    summary: 'Resume a suspended tenant',
    params: ById,
    replies: { 200: Tenant },
    problems: ['tenant-not-found', 'tenant-offboarded'],
    handle: async ({ by, params }) => ({ status: 200, body: tenantView(await uses.resumeTenant(by, params.id)) }),
  }),
];
