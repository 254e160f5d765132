import { z } from 'zod';
import { Problem } from '../../domain/problem.ts';
import { signingAlgorithms } from '../../lib/app-key.ts';
import { limitByKey } from '../../lib/limit-by-key.ts';
import { tenantScopes, type UseCases } from '../../usecases/use-cases.ts';
import { networkOf } from '../limits.ts';
import { type Route, route } from '../route.ts';

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const grantType = 'client_credentials';

/** What else is sent is not looked at (RFC 6749, 3.2). */
const TokenForm = z
  .object({
    grant_type: z.string().max(200).meta({ example: grantType }),
    client_assertion_type: z.string().max(200).optional().meta({ example: assertionType }),
    client_assertion: z
      .string()
      .max(8000)
      .optional()
      .meta({ description: 'A JWT signed with one of the app’s keys.', example: 'eyJhbGciOiJFUzI1NiJ9…' }),
    client_id: z.string().max(200).optional().meta({ description: 'The id of the app’s API key. May be left out.' }),
    scope: z
      .string()
      .max(1000)
      .optional()
      .meta({ description: 'Some of the app’s scopes, with spaces between; all of them unless said.' }),
  })
  .meta({ id: 'TokenForm' });

const AccessToken = z
  .object({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int().meta({ description: 'Seconds.', example: 600 }),
    scope: z.string().meta({ example: 'consents:read consents:write' }),
  })
  .meta({ id: 'AccessToken' });

const Metadata = z
  .object({
    issuer: z.string(),
    token_endpoint: z.string(),
    response_types_supported: z.array(z.string()),
    grant_types_supported: z.array(z.string()),
    token_endpoint_auth_methods_supported: z.array(z.string()),
    token_endpoint_auth_signing_alg_values_supported: z.array(z.string()),
    scopes_supported: z.array(z.string()),
    service_documentation: z.string(),
  })
  .meta({ id: 'AuthorizationServerMetadata' });

/** Of one address, which may be a proxy's with many apps behind it: an app wants a token every few minutes. */
const mostAsked = { most: 100, intervalMs: 5000 };

const all = { audience: 'everybody', tag: 'API keys' } as const;

/** For apps that sign with keys of their own instead of carrying a secret. */
export const oauthRoutes = (uses: UseCases, askedOf = limitByKey(mostAsked)): Route[] => [
  route({
    ...all,
    name: 'grantAccessToken',
    method: 'post',
    path: '/oauth/token',
    summary: 'Exchange a signed assertion for an access token',
    description:
      'OAuth’s client credentials, with `private_key_jwt` (RFC 7523). The token lives ten minutes, is shown as an API key is, and opens nothing within five seconds after its app was revoked or its tenant stopped. The assertion: `iss` and `sub` are the id of the app’s API key, `aud` is the issuer or the address of this endpoint, `exp` lies five minutes ahead at most, and each `jti` is taken once.',
    oauth: true,
    body: TokenForm,
    replies: { 200: AccessToken },
    problems: [
      'client-unauthenticated',
      'grant-type-unsupported',
      'scope-not-held',
      'address-not-allowed',
      'tenant-suspended',
      'too-many-requests',
      'too-busy',
      'database-unavailable',
      'internal',
    ],
    handle: async ({ body, address, requestId }) => {
      const waitMs = askedOf(networkOf(address))();
      if (waitMs > 0)
        throw new Problem('too-many-requests', 'Too many requests from this address', {
          retryAfterSeconds: Math.ceil(waitMs / 1000),
        });
      const { grant_type, client_assertion_type, client_assertion: assertion, client_id: clientId, scope } = body;
      if (grant_type !== grantType) throw new Problem('grant-type-unsupported', `grant_type must be ${grantType}`);
      if (client_assertion_type !== assertionType || assertion === undefined)
        throw new Problem(
          'client-unauthenticated',
          `Send client_assertion, and client_assertion_type=${assertionType}`,
        );
      const granted = await uses.grantAccessToken({ assertion, clientId, scope }, { address, requestId });
      return {
        status: 200,
        headers: { pragma: 'no-cache' },
        body: {
          access_token: granted.token,
          token_type: 'Bearer',
          expires_in: granted.expiresInSeconds,
          scope: granted.scopes.join(' '),
        },
      };
    },
  }),
  route({
    ...all,
    name: 'readAuthorizationServer',
    method: 'get',
    path: '/.well-known/oauth-authorization-server',
    summary: 'What the token endpoint takes (RFC 8414)',
    replies: { 200: Metadata },
    problems: [],
    handle: () => {
      const { issuer, tokenEndpoint } = uses.readAuthorizationServer();
      return {
        status: 200,
        body: {
          issuer,
          token_endpoint: tokenEndpoint,
          // There is nothing for a browser to come back with.
          response_types_supported: [],
          grant_types_supported: [grantType],
          token_endpoint_auth_methods_supported: ['private_key_jwt'],
          token_endpoint_auth_signing_alg_values_supported: Object.values(signingAlgorithms).flat(),
          scopes_supported: [...tenantScopes],
          service_documentation: `${issuer}/docs`,
        },
      };
    },
  }),
];
