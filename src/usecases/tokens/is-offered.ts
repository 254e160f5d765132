import { scopesNamed } from '../../domain/token.ts';
import type { Parts } from '../memory.ts';

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
  const own = (await memories.clients()).filter(({ purpose }) => purpose !== 'data').flatMap(({ scopes }) => scopes);
  return (
    !scopesNamed(settings.consentScope).includes(scope) &&
    !own.includes(scope) &&
    services.some((key) => catalogue.get(key)?.dataScope === scope)
  );
};
