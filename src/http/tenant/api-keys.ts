import type { UseCases } from '../../usecases/use-cases.ts';
import { ApiKey, ApiKeyAsk, apiKeyView, NewApiKey } from '../api-key-schemas.ts';
import { ById } from '../fields.ts';
import { PageOf, PageQuery, pageAsk, pageView, sliceOf } from '../paging.ts';
import { type Route, route } from '../route.ts';

const all = { audience: 'tenant', scope: 'keys:write', tag: 'API keys' } as const;

/** `/v1/api-keys`: a tenant's own keys. */
export const apiKeyRoutes = (uses: UseCases): Route[] => [
  route({
    ...all,
    name: 'createApiKey',
    method: 'post',
    path: '/v1/api-keys',
    summary: 'Make an API key',
    description:
      'It hands on scopes this key has itself, and ends with it at the latest: without `expiresAt` at the same time.',
    body: ApiKeyAsk,
    replies: { 201: NewApiKey },
    problems: ['scope-missing', 'expires-at-past', 'expires-at-too-late', 'too-many-api-keys'],
    handle: async ({ by, body }) => {
      const made = await uses.createApiKey(by, by.caller.tenantId, body);
      return { status: 201, body: { ...apiKeyView(made), key: made.key } };
    },
  }),
  route({
    ...all,
    name: 'listApiKeys',
    method: 'get',
    path: '/v1/api-keys',
    summary: 'List API keys',
    query: PageQuery,
    replies: { 200: PageOf(ApiKey) },
    problems: ['cursor-invalid'],
    handle: async ({ by, query }) => {
      const page = sliceOf(await uses.listApiKeys(by, by.caller.tenantId), ({ id }) => id, pageAsk(query));
      return { status: 200, body: pageView(page, apiKeyView) };
    },
  }),
  route({
    ...all,
    name: 'revokeApiKey',
    method: 'delete',
    path: '/v1/api-keys/:id',
    summary: 'Revoke an API key',
    params: ById,
    replies: { 204: 'nothing' },
    problems: ['api-key-not-found'],
    handle: async ({ by, params }) => {
      await uses.revokeApiKey(by, by.caller.tenantId, params.id);
      return { status: 204 };
    },
  }),
];
