import { z } from 'zod';
import { dataPathFault } from '../../domain/data-path.ts';
import {
  dataHeaderFault,
  usualMaxBytes,
  usualRequestHeaders,
  usualResponseHeaders,
  usualTimeoutSeconds,
} from '../../domain/data-source.ts';
import { dataUrlFault, type Service as ServiceState } from '../../domain/service.ts';
import { holdsNationalId, namesPerson } from '../../lib/mask.ts';
import type { UseCases } from '../../usecases/use-cases.ts';
import { Line, lastCheck, noNational, orNull, Scope, ServiceKey } from '../fields.ts';
import { PageOf, PageQuery, pageAsk, pageView, sliceOf } from '../paging.ts';
import { type Route, route } from '../route.ts';

const all = { audience: 'operator', tag: 'Services' } as const;
const base = '/operator/v1/services';

/** Whether it may be called in production too, the use case looks. */
const DataUrl = z
  .string()
  .max(2000, lastCheck)
  .superRefine((text, { addIssue }) => {
    const fault = dataUrlFault(text, false);
    if (fault !== undefined) addIssue({ code: 'custom', message: fault });
    else if (holdsNationalId(text) || holdsNationalId(new URL(text).href))
      addIssue({ code: 'custom', message: noNational.error, params: noNational.params });
  });

const sound =
  (fault: (text: string) => string | undefined) =>
  (text: string, { addIssue }: z.core.$RefinementCtx<string>) => {
    const said = fault(text);
    if (said !== undefined) addIssue({ code: 'custom', message: said });
  };

/** What may change once a service is defined: everything but its key and generation. */
const changeable = {
  resource: Line(200).exactOptional().meta({ description: 'Altinn 3: the resource id.', example: 'ske-inntekt' }),
  serviceCode: Line(20).exactOptional().meta({ description: 'Altinn 2.' }),
  serviceEditionCode: z.number().int().min(0).max(1_000_000).exactOptional().meta({ description: 'Altinn 2.' }),
  messageRequired: z.boolean().exactOptional().meta({ description: 'Goes with `messageAllowed`.' }),
};
/** What a change may empty again, with `null`. */
const clearable = {
  consentHeader: Line(100)
    .superRefine(sound((name) => dataHeaderFault(name.toLowerCase())))
    .meta({
      description: 'Altinn 2: the header in which the data source wants the consent token.',
    }),
  maxValidityDays: z.number().int().min(1).max(36_500),
  validityMarginMinutes: z
    .number()
    .int()
    .min(0)
    .max(100_000)
    .meta({ description: 'Kept off `maxValidityDays`, for summer time and clocks that differ.', example: 61 }),
  template: Line(100).meta({
    description: 'The template of Altinn’s page: services of different ones cannot be asked for together.',
    example: 'sblanesoknad',
  }),
  dataUrl: DataUrl.meta({
    description:
      'Base address of the data source: https with a host name; outside production http and IP addresses too.',
    format: 'uri',
  }),
};
const Metadata = z
  .array(Line(100))
  .max(50)
  .meta({ description: 'Names a right must carry, all of them and no others.', example: ['fraogmed', 'tilogmed'] });
/** For what the domain says is wrong with it, in its words. */
const DataPaths = z
  .array(Line(500).superRefine(sound((text) => (namesPerson(text) ? undefined : dataPathFault(text)))))
  .max(100)
  .meta({
    description:
      'What the pass-through lets out: a method, GET or POST, and a path below `dataUrl`. `{from}` is filled in by the hub with the giver’s number; any other name in braces stands for a piece of a segment.',
    example: ['GET /inntekt/{from}'],
  });
const HeaderNames = z.array(z.string().max(100, lastCheck).superRefine(sound(dataHeaderFault))).max(50);
/** Of the pass-through; what is left out is as usual. */
const passing = {
  dataRequestHeaders: HeaderNames.exactOptional().meta({
    description: `Headers that go on to the data source. As usual: ${usualRequestHeaders.join(', ')}. Those that say who asks or how the connection is used never do.`,
    example: usualRequestHeaders,
  }),
  dataResponseHeaders: HeaderNames.exactOptional().meta({
    description: `Headers of its answer that go back. As usual: ${usualResponseHeaders.join(', ')}.`,
    example: usualResponseHeaders,
  }),
  dataMaxBytes: z
    .number()
    .int()
    .min(1)
    .max(1_000_000_000)
    .exactOptional()
    .meta({ description: `The longest request and the longest answer that pass; ${usualMaxBytes} unless said.` }),
  dataTimeoutSeconds: z
    .number()
    .int()
    .min(1)
    .max(600)
    .exactOptional()
    .meta({ description: `From the call to the answer’s last byte; ${usualTimeoutSeconds} unless said.` }),
};

const Ask = z
  .strictObject({
    key: ServiceKey,
    generation: z.enum(['altinn3', 'altinn2']),
    dataScope: Scope,
    ...changeable,
    consentHeader: clearable.consentHeader.exactOptional(),
    maxValidityDays: clearable.maxValidityDays.exactOptional(),
    validityMarginMinutes: clearable.validityMarginMinutes.exactOptional(),
    template: clearable.template.exactOptional(),
    dataUrl: clearable.dataUrl.exactOptional(),
    metadata: Metadata.default([]),
    messageAllowed: z.boolean().default(false),
    dataPaths: DataPaths.default([]),
    ...passing,
    checkDataAccess: z.boolean().default(true),
  })
  .superRefine(({ generation, resource, serviceCode, serviceEditionCode }, { addIssue }) => {
    const needed = generation === 'altinn3' ? { resource } : { serviceCode, serviceEditionCode };
    for (const [name, value] of Object.entries(needed))
      if (value === undefined)
        addIssue({
          code: 'custom',
          path: [name],
          message: `is required for ${generation}`,
          params: { code: 'missing' },
        });
  });

const Change = z.strictObject({
  dataScope: Scope.exactOptional(),
  ...changeable,
  consentHeader: clearable.consentHeader.nullable().exactOptional(),
  maxValidityDays: clearable.maxValidityDays.nullable().exactOptional(),
  validityMarginMinutes: clearable.validityMarginMinutes.nullable().exactOptional(),
  template: clearable.template.nullable().exactOptional(),
  dataUrl: clearable.dataUrl.nullable().exactOptional(),
  metadata: Metadata.exactOptional(),
  messageAllowed: z.boolean().exactOptional(),
  dataPaths: DataPaths.exactOptional(),
  ...passing,
  checkDataAccess: z.boolean().exactOptional(),
});

const ByKey = z.strictObject({ key: ServiceKey });

const Service = z
  .object({
    key: z.string(),
    generation: z.enum(['altinn3', 'altinn2']),
    resource: z.string().nullable(),
    serviceCode: z.string().nullable(),
    serviceEditionCode: z.number().int().nullable(),
    consentHeader: z.string().nullable(),
    dataScope: z.string(),
    metadata: z.array(z.string()),
    maxValidityDays: z.number().int().nullable(),
    validityMarginMinutes: z.number().int().nullable(),
    messageAllowed: z.boolean(),
    messageRequired: z.boolean(),
    template: z.string().nullable(),
    dataUrl: z.string().nullable(),
    dataPaths: z.array(z.string()),
    dataRequestHeaders: z.array(z.string()),
    dataResponseHeaders: z.array(z.string()),
    dataMaxBytes: z.number().int(),
    dataTimeoutSeconds: z.number().int(),
    checkDataAccess: z.boolean(),
  })
  .meta({ id: 'Service' });

const serviceView = (service: ServiceState) => ({
  ...service,
  resource: orNull(service.resource),
  serviceCode: orNull(service.serviceCode),
  serviceEditionCode: orNull(service.serviceEditionCode),
  consentHeader: orNull(service.consentHeader),
  maxValidityDays: orNull(service.maxValidityDays),
  validityMarginMinutes: orNull(service.validityMarginMinutes),
  messageRequired: service.messageRequired ?? false,
  template: orNull(service.template),
  dataUrl: orNull(service.dataUrl),
  dataRequestHeaders: service.dataRequestHeaders ?? usualRequestHeaders,
  dataResponseHeaders: service.dataResponseHeaders ?? usualResponseHeaders,
  dataMaxBytes: service.dataMaxBytes ?? usualMaxBytes,
  dataTimeoutSeconds: service.dataTimeoutSeconds ?? usualTimeoutSeconds,
});

/** `/operator/v1/services`: the catalogue of what can be consented to. */
export const serviceRoutes = (uses: UseCases): Route[] => [
  route({
    ...all,
    name: 'defineService',
    method: 'post',
    path: base,
    role: 'administrator',
    summary: 'Define a service',
    body: Ask,
    replies: { 201: Service },
    problems: ['already-exists'],
    handle: async ({ by, body }) => {
      const made = await uses.defineService(by, body);
      return { status: 201, headers: { location: `${base}/${made.key}` }, body: serviceView(made) };
    },
  }),
  route({
    ...all,
    name: 'listServices',
    method: 'get',
    path: base,
    role: 'reader',
    summary: 'List services',
    query: PageQuery,
    replies: { 200: PageOf(Service) },
    problems: ['cursor-invalid'],
    handle: async ({ by, query }) => {
      const page = sliceOf(await uses.listServices(by), ({ key }) => key, pageAsk(query, 'key'));
      return { status: 200, body: pageView(page, serviceView) };
    },
  }),
  route({
    ...all,
    name: 'readService',
    method: 'get',
    path: `${base}/:key`,
    role: 'reader',
    summary: 'Read a service',
    params: ByKey,
    replies: { 200: Service },
    problems: ['service-not-found'],
    handle: async ({ by, params }) => ({ status: 200, body: serviceView(await uses.readService(by, params.key)) }),
  }),
  route({
    ...all,
    name: 'changeService',
    method: 'patch',
    path: `${base}/:key`,
    role: 'administrator',
    summary: 'Change a service',
    params: ByKey,
    body: Change,
    replies: { 200: Service },
    description:
      '`resource`, `serviceCode` and `serviceEditionCode` stay while consents that have not ended stand on them. All else bites at the next request.',
    problems: ['service-not-found', 'service-in-use'],
    handle: async ({ by, params, body }) => ({
      status: 200,
      body: serviceView(await uses.changeService(by, params.key, body)),
    }),
  }),
];
