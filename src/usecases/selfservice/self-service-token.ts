import { Problem } from '../../domain/problem.ts';
import { scopesNamed } from '../../domain/token.ts';
import type { Parts } from '../memory.ts';
import { adminClient } from '../tokens/admin-token.ts';
import { askMaskinporten } from '../tokens/ask-maskinporten.ts';
import { marginMs } from '../tokens/while-it-lives.ts';

export type SelfServiceToken = (signal: AbortSignal) => Promise<string>;

type Needed = Parameters<typeof askMaskinporten>[0] & {
  settings: Pick<Parts['settings'], 'operatorOrgno' | 'selfService'>;
};

/**
 * Tokens for the self-service API, each used while it lives, and asked for by each job itself: one that is given up takes no
 * other's with it. For the operator's own organisation, as nobody keeps its clients for it.
 *
 * @throws Problem `selfservice-not-set-up`, or by the table of refusals
 */
export const selfServiceToken = (parts: Needed): SelfServiceToken => {
  const { clock, store, settings } = parts;
  const maskinporten = askMaskinporten(parts);
  let known: { token: string; expiresAt: Date } | undefined;
  return async (signal) => {
    if (known && known.expiresAt.getTime() - clock.now().getTime() > marginMs) return known.token;
    const { scope } = settings.selfService;
    const client = adminClient(await store.asOperator((rows) => rows.clients.list()), scope);
    if (!client)
      throw new Problem('selfservice-not-set-up', `No client of purpose admin holds the scope ${scope} and has a key.`);
    known = await maskinporten.request(
      client,
      { scopes: scopesNamed(scope), consumer: settings.operatorOrgno },
      signal,
    );
    return known.token;
  };
};
