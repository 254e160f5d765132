import { z } from 'zod';
import type { Service as ServiceState } from '../../domain/service.ts';
import { tenantScopes, type UseCases } from '../../usecases/use-cases.ts';
import { orNull, Uuid } from '../fields.ts';
import { PageOf, PageQuery, pageAsk, pageView, sliceOf } from '../paging.ts';
import { Readiness, readinessView } from '../readiness-schemas.ts';
import { type Route, route } from '../route.ts';

const all = { audience: 'tenant', scope: 'any', tag: 'About you' } as const;

const Me = z.object({
  tenant: z.object({
    id: Uuid,
    orgno: z.string(),
    name: z.string(),
    redirectUrls: z.array(z.string()),
    services: z.array(z.string()),
  }),
  key: z.object({ id: z.string(), name: z.string() }),
  scopes: z.array(z.enum(tenantScopes)),
});

const OfferedService = z
  .object({
    key: z.string().meta({ example: 'ske-inntekt' }),
    generation: z.enum(['altinn3', 'altinn2']),
    dataScope: z.string(),
    metadata: z.array(z.string()).meta({ description: 'Names a right must carry, all of them and no others.' }),
    maxValidityDays: z.number().int().nullable(),
    validityMarginMinutes: z
      .number()
      .int()
      .meta({ description: 'So much less than `maxValidityDays` is asked for at most.', example: 61 }),
    messageAllowed: z.boolean(),
    messageRequired: z.boolean(),
    template: z
      .string()
      .nullable()
      .meta({ description: 'Services of different templates cannot be asked for together.' }),
    dataPaths: z.array(z.string()).meta({
      description: 'What can be read of it by way of the hub, below `/v1/consents/{id}/data/`.',
      example: ['GET /inntekt/{from}'],
    }),
  })
  .meta({ id: 'OfferedService' });

const offeredView = (service: ServiceState) => ({
  key: service.key,
  generation: service.generation,
  dataScope: service.dataScope,
  metadata: service.metadata,
  messageAllowed: service.messageAllowed,
  maxValidityDays: orNull(service.maxValidityDays),
  validityMarginMinutes: service.validityMarginMinutes ?? 0,
  messageRequired: service.messageRequired ?? false,
  template: orNull(service.template),
  dataPaths: service.dataUrl === undefined ? [] : service.dataPaths,
});

/** What a tenant may ask about itself. */
export const aboutRoutes = (uses: UseCases): Route[] => [
  route({
    ...all,
    name: 'readMe',
    method: 'get',
    path: '/v1/me',
    summary: 'Who am I, and what may this key do?',
    replies: { 200: Me },
    problems: [],
    handle: async ({ by: { caller } }) => ({
      status: 200,
      body: { tenant: caller.tenant, key: { id: caller.keyId, name: caller.keyName }, scopes: caller.scopes },
    }),
  }),
  route({
    ...all,
    name: 'listOfferedServices',
    method: 'get',
    path: '/v1/services',
    summary: 'List the services you may ask consent for',
    query: PageQuery,
    replies: { 200: PageOf(OfferedService) },
    problems: ['cursor-invalid'],
    handle: async ({ by, query }) => {
      const page = sliceOf(await uses.listOfferedServices(by), ({ key }) => key, pageAsk(query, 'key'));
      return { status: 200, body: pageView(page, offeredView) };
    },
  }),
  route({
    ...all,
    name: 'readReadiness',
    method: 'get',
    path: '/v1/readiness',
    summary: 'What is missing before consents can be asked for, and whose move it is',
    replies: { 200: Readiness },
    problems: [],
    handle: async ({ by }) => ({ status: 200, body: readinessView(await uses.readReadiness(by)) }),
  }),
  route({
    ...all,
    name: 'checkReadiness',
    method: 'post',
    path: '/v1/readiness/check',
    scope: 'consents:write',
    summary: 'Look again now',
    description: 'At most once a minute. Consents that were blocked go on when what was missing has come.',
    replies: { 200: Readiness },
    problems: [],
    handle: async ({ by }) => ({ status: 200, body: readinessView(await uses.checkReadiness(by)) }),
  }),
];
