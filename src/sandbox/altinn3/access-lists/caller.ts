import { orgnoIn, type ReadBearer, scopesIn } from '../../bearer.ts';
import type { Ask, Reply } from '../../exchange.ts';
import type { World } from '../../world.ts';
import { forbidden, unauthorized } from '../problems.ts';

/** Short names under which an organisation owns resources. */
export const codesOf = ({ resources }: World, orgno: string): Set<string> =>
  new Set(
    [...resources.values()]
      .filter(({ owner }) => owner.orgno === orgno)
      .map(({ owner }) => owner.orgcode.toLowerCase()),
  );

const scopeFor = 'altinn:resourceregistry/accesslist';

/**
 * Whose lists these are, by its short name; one may also call itself by its number. `write` lets read, too. A Maskinporten
 * token will do as it is: its consumer is looked up among the owners.
 */
export const ownerReader =
  (world: World, readBearer: ReadBearer) =>
  async (ask: Ask, kind: 'read' | 'write'): Promise<{ owner: string; orgno: string } | { refused: Reply }> => {
    const claims = await readBearer(ask.headers);
    if (!claims) return { refused: unauthorized() };
    const orgno = orgnoIn(claims.consumer);
    const scopes = scopesIn(claims);
    const may = scopes.includes(`${scopeFor}.write`) || (kind === 'read' && scopes.includes(`${scopeFor}.read`));
    if (orgno === undefined || !may) return { refused: forbidden() };
    const codes = codesOf(world, orgno);
    const named = (ask.params.owner ?? '').toLowerCase();
    const [only, ...more] = codes;
    const owner = named === orgno && more.length === 0 ? only : named;
    return owner !== undefined && codes.has(owner) ? { owner, orgno } : { refused: forbidden() };
  };
