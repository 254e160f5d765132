import type { Service } from '../../domain/service.ts';
import { scopesNamed } from '../../domain/token.ts';
import type { ClientWithKeys, Parts } from '../memory.ts';

type House = { services: ReadonlyMap<string, Service>; clients: readonly ClientWithKeys[] };

/**
 * May this scope leave the hub? Only a data scope that one of these services names, and never one that a client for consent
 * administration or for the operator's own matters holds, whatever the catalogue says.
 */
export const offers = (
  { services, clients }: House,
  ownScopes: string,
  asked: readonly string[],
  scope: string,
): boolean =>
  !scopesNamed(ownScopes).includes(scope) &&
  asked.some((key) => services.get(key)?.dataScope === scope) &&
  !clients.some(({ purpose, scopes }) => purpose !== 'data' && scopes.includes(scope));

/** By what is known now. */
export const isOffered = async (
  { memories, settings }: Pick<Parts, 'memories' | 'settings'>,
  asked: readonly string[],
  scope: string,
): Promise<boolean> =>
  offers({ services: await memories.services(), clients: await memories.clients() }, settings.ownScopes, asked, scope);
