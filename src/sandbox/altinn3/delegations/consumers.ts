import { type AccessClaims, orgnoIn, type ReadBearer, scopesIn } from '../../bearer.ts';
import type { Ask, Endpoint, Reply } from '../../exchange.ts';
import type { World } from '../../world.ts';
import { bindingRefusal, endUserRefusal, forbidden, unauthorized } from '../problems.ts';
import type { Altinn3 } from '../state.ts';
import { type Delegated, delegated, undelegate } from './delegated.ts';

const path = '/altinn3/accessmanagement/api/v1/enduser/maskinportenconsumers';
const scopeFor = 'altinn:accessmanagement/enduser:maskinportenconsumers';
const role = { code: 'supplier', urn: 'urn:altinn:role:supplier' };

const partyView = ({ organizations }: World, orgno: string) => ({
  id: organizations.get(orgno)?.partyUuid ?? null,
  name: organizations.get(orgno)?.name.toUpperCase() ?? null,
  type: 'Organisasjon',
  variant: 'AS',
  organizationIdentifier: orgno,
  personIdentifier: null,
  isDeleted: false,
});

/** By resource, with everybody who delegated it. */
const resourceViews = (world: World, supplier: string, found: readonly Delegated[]) => {
  const ids = new Set(found.map(({ resource }) => resource));
  return [...ids].map((resource) => ({
    resource: {
      refId: resource,
      name: world.resources.get(resource ?? '')?.title.nb,
      type: { name: 'MaskinportenSchema' },
    },
    permissions: found
      .filter((one) => one.resource === resource)
      .map(({ consumer }) => ({ from: partyView(world, consumer), to: partyView(world, supplier), via: null, role })),
  }));
};

/**
 * `…/enduser/maskinportenconsumers`: a supplier's own list of who has delegated to it. Whether Altinn opens it to machines of
 * third parties is not known; here a token of the supplier's own does.
 */
export const consumersEndpoints = ({ world }: Altinn3, readBearer: ReadBearer): Endpoint[] => {
  const readSupplier = async (ask: Ask, kind: 'read' | 'write'): Promise<{ supplier: string } | { refused: Reply }> => {
    const claims: AccessClaims | undefined = await readBearer(ask.headers);
    if (!claims) return { refused: unauthorized() };
    if (!scopesIn(claims).includes(`${scopeFor}.${kind}`)) return { refused: forbidden() };
    const party = ask.query.get('party')?.toLowerCase();
    if (!/^[0-9a-f-]{36}$/.test(party ?? ''))
      return { refused: bindingRefusal({ party: ['The party field is required.'] }) };
    const supplier = orgnoIn(claims.consumer) ?? '';
    const isOwn = claims.supplier === undefined && world.organizations.get(supplier)?.partyUuid.toLowerCase() === party;
    return isOwn ? { supplier } : { refused: forbidden() };
  };
  /** What was delegated to the caller, as far as it asked for it. */
  const asked = async (ask: Ask, kind: 'read' | 'write') => {
    const caller = await readSupplier(ask, kind);
    if ('refused' in caller) return caller;
    const [consumer, resource, scope] = ['consumer', 'resource', 'scope'].map(
      (name) => ask.query.get(name) || undefined,
    );
    if (consumer !== undefined && !world.organizations.has(consumer)) return { refused: endUserRefusal('AM-00023') };
    if (resource !== undefined && world.resources.get(resource)?.type !== 'MaskinportenSchema')
      return { refused: endUserRefusal('AM-00027') };
    const found = delegated(world).filter(
      (one) =>
        one.supplier === caller.supplier &&
        one.resource !== undefined &&
        (consumer === undefined || one.consumer === consumer) &&
        (resource === undefined || one.resource === resource) &&
        (scope === undefined || one.scopes.includes(scope)),
    );
    return { ...caller, consumer, resource, found };
  };

  return [
    {
      on: 'consumers',
      method: 'get',
      path,
      handle: async (ask) => {
        const all = await asked(ask, 'read');
        if ('refused' in all) return all.refused;
        const consumers = [...new Set(all.found.map(({ consumer }) => consumer))];
        const body = consumers.map((consumer) => ({
          party: partyView(world, consumer),
          roles: [role],
          connections: [],
        }));
        return { status: 200, body };
      },
    },
    {
      on: 'consumers',
      method: 'get',
      path: `${path}/resources`,
      handle: async (ask) => {
        const all = await asked(ask, 'read');
        return 'refused' in all ? all.refused : { status: 200, body: resourceViews(world, all.supplier, all.found) };
      },
    },
    {
      on: 'consumers',
      method: 'delete',
      path,
      handle: async (ask) => {
        const all = await asked(ask, 'write');
        if ('refused' in all) return all.refused;
        if (all.consumer === undefined) return bindingRefusal({ consumer: ['The consumer field is required.'] });
        if (all.found.length > 0 && ask.query.get('cascade')?.toLowerCase() !== 'true')
          return endUserRefusal('AM.VLD-assignment');
        for (const one of all.found) undelegate(world, one);
        return { status: 204 };
      },
    },
    {
      on: 'consumers',
      method: 'delete',
      path: `${path}/resources`,
      handle: async (ask) => {
        const all = await asked(ask, 'write');
        if ('refused' in all) return all.refused;
        if (all.consumer === undefined || all.resource === undefined)
          return bindingRefusal({ resource: ['The consumer and resource fields are required.'] });
        for (const one of all.found) undelegate(world, one);
        return { status: 204 };
      },
    },
  ];
};
