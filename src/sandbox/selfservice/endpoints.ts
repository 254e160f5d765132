import type { Ask, Endpoint, Reply } from '../exchange.ts';
import type { Scope, World } from '../world.ts';

const maskinportenOnly = ['maskinporten'];
const loginOnly = ['idporten'];

/** The members that the real catalogue has, in its order. */
const entryOf = (scope: Scope, since: Date) => {
  const { name, owner, atMaxAge, delegationSource, accessibleForAll, forMaskinporten } = scope;
  const colon = name.indexOf(':');
  return {
    prefix: name.slice(0, colon),
    subscope: name.slice(colon + 1),
    name,
    description: name,
    long_description: null,
    active: true,
    created: since.toISOString(),
    last_updated: since.toISOString(),
    allowed_integration_types: forMaskinporten ? maskinportenOnly : loginOnly,
    owner_orgno: owner,
    token_type: 'SELF_CONTAINED',
    visibility: 'PUBLIC',
    requires_user_consent: false,
    requires_user_authentication: !forMaskinporten,
    requires_pseudonymous_tokens: false,
    delegation_source: delegationSource,
    at_max_age: atMaxAge,
    authorization_max_lifetime: 0,
    accessible_for_all: accessibleForAll,
    protected: false,
    supports_european_businesses: false,
  };
};

/** What Digdir's self-service API tells everybody: `GET …/scopes/all`, which `?accessible_for_all=true` narrows. */
export const selfServiceEndpoints = ({ scopes }: World, since: Date): Endpoint[] => [
  {
    on: 'scopes',
    method: 'get',
    path: '/sandbox/api/v1/scopes/all',
    handle: ({ query }: Ask): Reply => {
      const forAll = query.get('accessible_for_all') === 'true';
      const found = [...scopes.values()].filter(({ accessibleForAll }) => accessibleForAll || !forAll);
      return { status: 200, body: found.map((scope) => entryOf(scope, since)) };
    },
  },
];
