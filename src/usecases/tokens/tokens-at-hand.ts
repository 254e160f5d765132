import type { Parts } from '../memory.ts';
import type { Tenant } from '../use-cases.ts';
import { clientAmong } from './find-client.ts';
import { offers } from './is-offered.ts';
import { nameOf, nearToken, type ReadyToken } from './known-token.ts';

type House = NonNullable<ReturnType<Parts['memories']['house']>>;
/** Under which names a tenant's tokens are at hand, by what its apps asked for; found out anew once the house is read again. */
type Names = { house: House; byAsk: Map<string, string> };

/**
 * The token an app asks for where all there is to know is at hand in this process: at once, without a promise or a hash.
 * Undefined wherever anything is missing, or anything is wrong: the long way tells what.
 */
export const tokensAtHand = ({ clock, memories, settings }: Pick<Parts, 'clock' | 'memories' | 'settings'>) => {
  const known = new WeakMap<Tenant, Names>();
  const namesOf = (tenant: Tenant, house: House): Names => {
    const names = known.get(tenant);
    if (names?.house.services === house.services && names.house.clients === house.clients) return names;
    const anew: Names = { house, byAsk: new Map() };
    known.set(tenant, anew);
    return anew;
  };
  const named = ({ house }: Names, tenant: Tenant, scope: string, resource: string | undefined): string | undefined => {
    if (!offers(house, settings.ownScopes, tenant.services, scope)) return undefined;
    const { client } = clientAmong(house.clients, settings.ownScopes, scope);
    return nameOf(client.clientId, scope, tenant.orgno, resource === undefined ? {} : { resource: [resource] });
  };

  return (tenant: Tenant, { scope, resource }: { scope: string; resource?: string | undefined }) => {
    const house = memories.house();
    if (!house) return undefined;
    const names = namesOf(tenant, house);
    const ask = resource === undefined ? scope : `${scope}\n${resource}`;
    const earlier = names.byAsk.get(ask);
    const name = earlier ?? named(names, tenant, scope, resource);
    const ready: ReadyToken | undefined = name === undefined ? undefined : nearToken({ clock, memories }, name);
    // Only what was found, so that nobody fills this with what they make up.
    if (ready && name !== undefined && earlier === undefined) names.byAsk.set(ask, name);
    return ready;
  };
};
