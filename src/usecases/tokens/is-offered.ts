import { scopesNamed } from '../../domain/token.ts';
import type { ClientWithKeys, Parts } from '../memory.ts';

/** Scopes that clients hold for the hub's own matters, for as long as this list of clients is believed. */
const ownScopes = new WeakMap<readonly ClientWithKeys[], ReadonlySet<string>>();

const ownOf = (clients: readonly ClientWithKeys[]): ReadonlySet<string> => {
  const known = ownScopes.get(clients);
  if (known) return known;
  const own = new Set(clients.filter(({ purpose }) => purpose !== 'data').flatMap(({ scopes }) => scopes));
  ownScopes.set(clients, own);
  return own;
};

/**
 * May this scope leave the hub? Only a data scope that one of these services names, and never one that a client for consent
 * administration or for the operator's own matters holds, whatever the catalogue says.
 */
export const isOffered = async (
  { memories, settings }: Pick<Parts, 'memories' | 'settings'>,
  services: readonly string[],
  scope: string,
): Promise<boolean> => {
  const catalogue = await memories.services();
  return (
    !scopesNamed(settings.consentScope).includes(scope) &&
    services.some((key) => catalogue.get(key)?.dataScope === scope) &&
    !ownOf(await memories.clients()).has(scope)
  );
};
