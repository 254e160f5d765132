import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { Problem, type ProblemCode } from '../../domain/problem.ts';
import { problems } from '../../domain/problems.ts';
import { openApiWebhooks } from '../events/openapi-webhooks.ts';
import { OAuthError, oauthTold } from '../oauth/oauth-answer.ts';
import { problemBody } from '../problem-response.ts';
import type { Route } from '../route.ts';
import { ProblemSchema } from './problem-schema.ts';
import { about, tags } from './prose.ts';

const json = 'application/json';
const form = 'application/x-www-form-urlencoded';
const eventStream = 'text/event-stream';

/** Problems that follow from what a route is, beside those it names itself. */
const problemsOf = (route: Route): ProblemCode[] => {
  const has = (yes: unknown, ...codes: ProblemCode[]): ProblemCode[] => (yes ? codes : []);
  const guarded = route.audience !== 'everybody';
  return [
    ...new Set<ProblemCode>([
      ...route.problems,
      'national-id-not-allowed',
      ...has(guarded, 'unauthorized', 'too-busy', 'too-many-requests', 'database-unavailable', 'internal'),
      ...has(route.audience === 'tenant', 'tenant-suspended', 'address-not-allowed'),
      ...has(route.scope && route.scope !== 'any', 'scope-missing'),
      ...has(route.role, 'role-missing'),
      ...has(route.query || route.body, 'request-invalid', 'field-unknown'),
      ...has(route.body, 'not-json', 'content-type-unsupported', 'body-too-large', 'text-invalid'),
      ...has(route.idempotent, 'idempotency-key-invalid', 'idempotency-key-reused'),
    ]),
  ];
};

const exampleOf = (code: ProblemCode) => ({
  summary: problems[code].title,
  value: problemBody(new Problem(code, problems[code].text), '0193627c-9c3e-7d1a-b0a4-6f8f2a1c5e77'),
});

/** As `oauthAnswer` tells it. */
const oauthResponses = (route: Route): ZodOpenApiOperationObject['responses'] => {
  const told = problemsOf(route).map((code) => ({ code, ...oauthTold(new Problem(code, problems[code].text)) }));
  return Object.fromEntries(
    Object.entries(Object.groupBy(told, ({ status }) => status)).map(([status, same = []]) => [
      status,
      {
        description: same.map(({ code, body }) => `\`${body.error}\`: ${problems[code].title}`).join('  \n'),
        content: { [json]: { schema: OAuthError } },
      },
    ]),
  );
};

const problemResponses = (route: Route): ZodOpenApiOperationObject['responses'] => {
  if (route.oauth) return oauthResponses(route);
  const byStatus = Object.groupBy(problemsOf(route), (code) => problems[code].status);
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, codes = []]) => [
      status,
      {
        description: codes.map((code) => `\`${code}\`: ${problems[code].title}`).join('  \n'),
        content: {
          'application/problem+json': {
            schema: ProblemSchema,
            examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
          },
        },
      },
    ]),
  );
};

const said: Record<number, string> = {
  200: 'Here it is',
  201: 'Made',
  202: 'Noted; it happens soon',
  204: 'Done; nothing to tell',
  503: 'Not now',
};

const whatWasAnswered =
  'What the data source answered, byte for byte. Any other status of its own comes with its own body, too; `Hub-Service` tells it from a problem of the hub’s.';

const replies = (route: Route): ZodOpenApiOperationObject['responses'] =>
  Object.fromEntries(
    Object.entries(route.replies).map(([status, schema]) => [
      status,
      {
        description: schema === 'passed' ? whatWasAnswered : (said[Number(status)] ?? 'Answer'),
        ...(schema === 'passed' ? { content: { '*/*': {} } } : {}),
        ...(typeof schema === 'string' ? {} : { content: { [route.streams ? eventStream : json]: { schema } } }),
      },
    ]),
  );

const headersOf = (route: Route): z.ZodObject | undefined => {
  const fields = {
    ...(route.idempotent
      ? {
          'Idempotency-Key': z.string().min(1).max(255).optional().meta({
            description: 'Repeating a request with the same key within 24 hours gives the same consent, as it is then.',
            example: '7c9a6f0e-loan-4711',
          }),
        }
      : {}),
    ...(route.streams
      ? {
          'Last-Event-ID': z.string().max(1000).optional().meta({
            description: '`id` of the last event that was read: the stream goes on after it. Outweighs `cursor`.',
          }),
        }
      : {}),
    ...(route.passes
      ? {
          'Hub-Service': z.string().optional().meta({
            description:
              'Key of the service that is meant, where the consent has several; the first that lets this method and path out, unless said.',
            example: 'ske-inntekt',
          }),
        }
      : {}),
    ...(route.prefer
      ? {
          Prefer: z.string().optional().meta({
            description: '`wait=N`: wait so many seconds, 20 at most. `Preference-Applied` says it was done.',
            example: 'wait=10',
          }),
        }
      : {}),
  };
  return Object.keys(fields).length === 0 ? undefined : z.object(fields);
};

const needs = ({ scope, role }: Route): string => {
  if (scope === 'any') return 'Any key of the tenant may call this.';
  if (scope) return `Needs the scope \`${scope}\`.`;
  return role ? `Needs the role \`${role}\` or a higher one.` : '';
};

const operationOf = (route: Route): ZodOpenApiOperationObject => {
  const header = headersOf(route);
  const scheme =
    route.audience === 'tenant' ? [{ tenantKey: [] }] : route.audience === 'operator' ? [{ operatorKey: [] }] : [];
  return {
    operationId: route.name,
    tags: [route.tag],
    summary: route.summary,
    description: [route.description, needs(route)].filter(Boolean).join('\n\n') || route.summary,
    security: scheme,
    requestParams: {
      ...(route.params instanceof z.ZodObject ? { path: route.params } : {}),
      ...(route.query instanceof z.ZodObject ? { query: route.query } : {}),
      ...(header ? { header } : {}),
    },
    ...(route.passes && route.method === 'post' ? { requestBody: { content: { '*/*': {} } } } : {}),
    ...(route.body
      ? {
          requestBody: {
            required: !route.bodyOptional,
            content: { [route.oauth ? form : json]: { schema: route.body } },
          },
        }
      : {}),
    responses: { ...replies(route), ...problemResponses(route) },
  };
};

/** The OpenAPI 3.1 document, from the same list and schemas that the server runs on. */
export const openApiDocument = (routes: readonly Route[]) => {
  const shown = routes.filter(({ hidden }) => !hidden);
  const paths: ZodOpenApiPathsObject = {};
  for (const route of shown) {
    const path = route.path.replace(/[:*](\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operationOf(route) };
  }
  const used = [...new Set(shown.filter(({ oauth }) => !oauth).flatMap(problemsOf))].sort();
  return createDocument(
    {
      ...about,
      tags: [...tags],
      paths,
      webhooks: openApiWebhooks(),
      components: {
        securitySchemes: {
          tenantKey: { type: 'http', scheme: 'bearer', description: 'An API key of a tenant.' },
          operatorKey: { type: 'http', scheme: 'bearer', description: 'A key of somebody who runs the hub.' },
        },
        examples: Object.fromEntries(used.map((code) => [code, exampleOf(code)])),
      },
    },
    {
      override: ({ jsonSchema, io }) => {
        // Answers may grow; a client must not stumble over what it does not know.
        if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
        // `date-time` says it; the pattern behind it is a page long.
        if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
      },
    },
  );
};
