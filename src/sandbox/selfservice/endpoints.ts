import type { Ask, Endpoint, Reply } from '../exchange.ts';
import { altinnAsDelegationSource } from '../first-world.ts';
import { grantKey, type Scope } from '../world.ts';
import { clientEndpoints } from './client-endpoints.ts';
import { keyEndpoints } from './key-endpoints.ts';
import { base, guarded, type SelfService } from './self-service.ts';

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

const catalogue = ({ world: { scopes }, since }: SelfService): Endpoint => ({
  on: 'scopes',
  method: 'get',
  path: `${base}/scopes/all`,
  handle: ({ query }: Ask): Reply => {
    const forAll = query.get('accessible_for_all') === 'true';
    const found = [...scopes.values()].filter(({ accessibleForAll }) => accessibleForAll || !forAll);
    return { status: 200, body: found.map((scope) => entryOf(scope, since)) };
  },
});

/** Scopes that the caller has been granted itself. What its customers were granted is theirs to see. */
const granted = (selfService: SelfService): Endpoint =>
  guarded(selfService)('get', '/scopes/access/all', 'read', (_ask, orgno) => {
    const { world, since } = selfService;
    const own = [...world.scopes.values()].filter(({ name }) => world.grants.has(grantKey(orgno, name)));
    const at = since.toISOString();
    const entries = own.map(({ name, owner }) => ({
      scope: name,
      state: 'APPROVED',
      prefix: null,
      created: at,
      consumer_orgno: orgno,
      last_updated: at,
      owner_orgno: owner,
    }));
    return { status: 200, body: entries };
  });

const delegationSources: Endpoint = {
  on: 'selfservice',
  method: 'get',
  path: `${base}/delegationsources`,
  handle: () => {
    const never = new Date(0).toISOString();
    return {
      status: 200,
      body: [{ name: 'altinn', issuer: altinnAsDelegationSource, last_updated: never, created: never }],
    };
  },
};

/** Digdir's self-service API: the open catalogue of scopes, and one's own clients and their keys. */
export const selfServiceEndpoints = (selfService: SelfService): Endpoint[] => [
  catalogue(selfService),
  granted(selfService),
  delegationSources,
  ...clientEndpoints(selfService),
  ...keyEndpoints(selfService),
];
