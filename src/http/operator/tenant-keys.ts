import type { UseCases } from '../../usecases/use-cases.ts';
import { ApiKey, ApiKeyAsk, ApiKeyChange, apiKeyView, NewApiKey, newApiKeyView } from '../api-key-schemas.ts';
import { ById, ByKeyId } from '../fields.ts';
import { PageOf, PageQuery, pageAsk, pageView, sliceOf } from '../paging.ts';
import { type Route, route } from '../route.ts';

const all = { audience: 'operator', tag: 'Tenants' } as const;

/** `/operator/v1/tenants/{id}/api-keys`: a tenant's keys, made by the operator for it. */
export const tenantKeyRoutes = (uses: UseCases): Route[] => [
  route({
    ...all,
    name: 'createTenantApiKey',
    method: 'post',
    path: '/operator/v1/tenants/:id/api-keys',
    role: 'administrator',
    summary: 'Make an API key for a tenant',
    description:
      'Whoever has the key may do in the tenant’s name what its scopes say. With `publicKeys` no secret is made: the app signs with its own.',
    params: ById,
    body: ApiKeyAsk,
    replies: { 201: NewApiKey },
    problems: ['tenant-not-found', 'tenant-offboarded', 'expires-at-past', 'public-key-invalid', 'too-many-api-keys'],
    handle: async ({ by, params, body }) => ({
      status: 201,
      body: newApiKeyView(await uses.createApiKey(by, params.id, body)),
    }),
  }),
  route({
    ...all,
    name: 'changeTenantApiKey',
    method: 'patch',
    path: '/operator/v1/tenants/:id/api-keys/:keyId',
    role: 'administrator',
    summary: 'Change a tenant’s API key',
    description: 'Its name; which public keys the app signs with; from where it may be used.',
    params: ByKeyId,
    body: ApiKeyChange,
    replies: { 200: ApiKey },
    problems: ['api-key-not-found', 'tenant-not-found', 'public-key-invalid', 'key-is-secret'],
    handle: async ({ by, params, body }) => ({
      status: 200,
      body: apiKeyView(await uses.changeApiKey(by, params.id, params.keyId, body)),
    }),
  }),
  route({
    ...all,
    name: 'listTenantApiKeys',
    method: 'get',
    path: '/operator/v1/tenants/:id/api-keys',
    role: 'reader',
    summary: 'List a tenant’s API keys',
    params: ById,
    query: PageQuery,
    replies: { 200: PageOf(ApiKey) },
    problems: ['tenant-not-found', 'cursor-invalid'],
    handle: async ({ by, params, query }) => {
      const page = sliceOf(await uses.listApiKeys(by, params.id), ({ id }) => id, pageAsk(query));
      return { status: 200, body: pageView(page, apiKeyView) };
    },
  }),
  route({
    ...all,
    name: 'revokeTenantApiKey',
    method: 'delete',
    path: '/operator/v1/tenants/:id/api-keys/:keyId',
    role: 'support',
    summary: 'Revoke a tenant’s API key',
    params: ByKeyId,
    replies: { 204: 'nothing' },
    problems: ['api-key-not-found', 'tenant-not-found'],
    handle: async ({ by, params }) => {
      await uses.revokeApiKey(by, params.id, params.keyId);
      return { status: 204 };
    },
  }),
];
