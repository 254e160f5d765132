import type { Settings } from '../settings.ts';
import { type Client, delegationKey, grantKey, type Scope, type World } from '../world.ts';
import type { GrantClaims } from './grant.ts';
import { GrantRefused } from './refusals.ts';

/** Checks 10 to 13: may this client have these scopes, and the consumer through it? All or nothing. */
export const scopesFor = (world: World, settings: Settings, client: Client, claims: GrantClaims): Scope[] => {
  const { consumer_org: consumerOrg } = claims;
  if (consumerOrg === client.orgno) throw new GrantRefused('consumer-is-client');
  const names = [...new Set(claims.scope.split(' '))];
  const scopes = names.map((name) => {
    const scope = world.scopes.get(name);
    if (!scope || !client.scopes.has(name)) throw new GrantRefused('MP-200', { scope: name });
    return scope;
  });
  if (scopes.some((scope) => !scope.forMaskinporten)) throw new GrantRefused('MP-201');

  const consumer = consumerOrg ?? client.orgno;
  for (const { name, accessibleForAll } of scopes) {
    if (!accessibleForAll && !world.grants.has(grantKey(consumer, name)))
      throw new GrantRefused('MP-250', { scope: name });
  }
  if (consumerOrg === undefined) return scopes;

  if (settings.altinnLookupDown) throw new GrantRefused('altinn-down');
  for (const { name, delegationSource } of scopes) {
    const delegated = world.delegations.has(delegationKey(consumer, client.orgno, name));
    if (!delegationSource || !delegated) {
      throw new GrantRefused('MP-251', { scope: name, consumer, supplier: client.orgno });
    }
  }
  return scopes;
};
