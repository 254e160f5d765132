import type { Endpoint } from '../exchange.ts';
import { type Maskinporten, tokenEndpoint } from './token-endpoint.ts';

/** The whole of Maskinporten that a client sees. */
export const maskinportenEndpoints = (maskinporten: Maskinporten): Endpoint[] => {
  const { issuer, keys } = maskinporten;
  const metadata = {
    issuer,
    token_endpoint: `${issuer}token`,
    jwks_uri: `${issuer}jwk`,
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['RS256', 'RS384', 'RS512'],
    grant_types_supported: ['urn:ietf:params:oauth:grant-type:jwt-bearer'],
    authorization_details_types_supported: ['urn:altinn:systemuser', 'urn:altinn:consent'],
  };
  return [
    {
      on: 'metadata',
      method: 'get',
      path: '/maskinporten/.well-known/oauth-authorization-server',
      handle: () => ({ status: 200, body: metadata }),
    },
    { on: 'jwk', method: 'get', path: '/maskinporten/jwk', handle: () => ({ status: 200, body: keys.jwks() }) },
    { on: 'token', method: 'post', path: '/maskinporten/token', handle: tokenEndpoint(maskinporten) },
  ];
};
