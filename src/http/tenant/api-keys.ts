import type { UseCases } from '../../usecases/use-cases.ts';
import { ApiKey, ApiKeyAsk, ApiKeyChange, apiKeyView, NewApiKey, newApiKeyView } from '../api-key-schemas.ts';
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
      'It hands on scopes this key has itself, ends with it at the latest (without `expiresAt` at the same time), and is of use where this one is at most. With `publicKeys` no secret is made.',
    body: ApiKeyAsk,
    replies: { 201: NewApiKey },
    problems: [
      'scope-missing',
      'expires-at-past',
      'expires-at-too-late',
      'allowed-addresses-beyond',
      'public-key-invalid',
      'too-many-api-keys',
    ],
    handle: async ({ by, body }) => ({
      status: 201,
      body: newApiKeyView(await uses.createApiKey(by, by.caller.tenantId, body)),
    }),
  }),
  route({
    ...all,
    name: 'changeApiKey',
    method: 'patch',
    path: '/v1/api-keys/:id',
    summary: 'Change an API key',
    description:
      'Its name; which public keys the app signs with; from where it may be used. All but the name only for a key whose scopes and life this one has, too.',
    params: ById,
    body: ApiKeyChange,
    replies: { 200: ApiKey },
    problems: [
      'api-key-not-found',
      'scope-missing',
      'expires-at-too-late',
      'allowed-addresses-beyond',
      'public-key-invalid',
      'key-is-secret',
    ],
    handle: async ({ by, params, body }) => ({
      status: 200,
      body: apiKeyView(await uses.changeApiKey(by, by.caller.tenantId, params.id, body)),
    }),
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
