import { z } from 'zod';
import { type Standing as StandingState, stepMovers } from '../../domain/readiness.ts';
import type { UseCases } from '../../usecases/use-cases.ts';
import { ById, Instant, ServiceKey, Uuid } from '../fields.ts';
import { PageOf, pageAsk, pageView, paging } from '../paging.ts';
import { Readiness, readinessView, stepFields, stepView } from '../readiness-schemas.ts';
import { type Route, route } from '../route.ts';

const all = { audience: 'operator', tag: 'Readiness' } as const;

const Standing = z
  .object({
    tenant: z.object({ id: Uuid, orgno: z.string(), name: z.string(), status: z.string().meta({ example: 'active' }) }),
    service: z.string(),
    ready: z.boolean(),
    step: z.object(stepFields).nullable().meta({
      description:
        'The first thing to be done; null where all is done. A service that is ready may have one that will be.',
    }),
    movers: z
      .array(z.enum(stepMovers))
      .meta({ description: 'All who have something to do, in whatever order they do it.' }),
    since: Instant.meta({ description: 'Since when it stands like that.' }),
  })
  .meta({ id: 'Standing' });

const standingView = ({ left, since, ...rest }: StandingState) => ({
  ...rest,
  step: left[0] ? stepView(left[0]) : null,
  movers: [...new Set(left.map(({ mover }) => mover))],
  since: since.toISOString(),
});

const YesOrNo = z.enum(['true', 'false']).transform((text) => text === 'true');

/** `/operator/v1/readiness`: what each tenant lacks, and whose move it is. */
export const readinessRoutes = (uses: UseCases): Route[] => [
  route({
    ...all,
    name: 'listReadiness',
    method: 'get',
    path: '/operator/v1/readiness',
    role: 'reader',
    summary: 'What each tenant lacks for each of its services, and whose move it is',
    description:
      'A line for each service of each tenant. Nobody is asked: it tells what was found out last. With `mover`, `step` is the first thing that one has to do.',
    query: z.strictObject({
      ready: YesOrNo.optional(),
      mover: z.enum(stepMovers).optional(),
      service: ServiceKey.optional(),
      ...paging,
    }),
    replies: { 200: PageOf(Standing) },
    problems: ['cursor-invalid'],
    handle: async ({ by, query: { cursor, limit, ...filter } }) => ({
      status: 200,
      body: pageView(await uses.listReadiness(by, filter, pageAsk({ cursor, limit }, 'standing')), standingView),
    }),
  }),
  route({
    ...all,
    name: 'readTenantReadiness',
    method: 'get',
    path: '/operator/v1/tenants/:id/readiness',
    role: 'reader',
    summary: 'What one tenant lacks, step by step',
    params: ById,
    replies: { 200: Readiness },
    problems: ['tenant-not-found'],
    handle: async ({ by, params }) => ({
      status: 200,
      body: readinessView(await uses.readTenantReadiness(by, params.id)),
    }),
  }),
  route({
    ...all,
    name: 'checkTenantReadiness',
    method: 'post',
    path: '/operator/v1/tenants/:id/readiness/check',
    role: 'support',
    summary: 'Look again now',
    description: 'At most once a minute for each tenant, whether the tenant itself or an operator asks.',
    params: ById,
    replies: { 200: Readiness },
    problems: ['tenant-not-found', 'tenant-suspended', 'tenant-offboarded'],
    handle: async ({ by, params }) => ({
      status: 200,
      body: readinessView(await uses.checkTenantReadiness(by, params.id)),
    }),
  }),
];
