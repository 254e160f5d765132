import { signingOrder } from '../../domain/client-keys.ts';
import { Problem } from '../../domain/problem.ts';
import { scopesNamed } from '../../domain/token.ts';
import type { ClientWithKeys, Parts } from '../memory.ts';
import { askMaskinporten } from '../tokens/ask-maskinporten.ts';

/** A token is not begun with when it ends that soon. */
const marginMs = 15_000;

/** The client that opens the self-service API: of purpose `admin`, with its scope and a key. One that works comes before one that is stopped. */
export const adminClient = (clients: readonly ClientWithKeys[], scope: string): ClientWithKeys | undefined => {
  const wanted = scopesNamed(scope);
  const fit = clients.filter(
    ({ purpose, scopes, keys }) =>
      purpose === 'admin' && wanted.every((one) => scopes.includes(one)) && signingOrder(keys)[0]?.state === 'active',
  );
  return fit.find(({ stoppedAt }) => stoppedAt === undefined) ?? fit[0];
};

export type SelfServiceToken = (signal: AbortSignal) => Promise<string>;

type Needed = Parameters<typeof askMaskinporten>[0] & {
  settings: Pick<Parts['settings'], 'operatorOrgno' | 'selfService'>;
};

/**
 * Tokens for the self-service API, each used while it lives. For the operator's own organisation, as nobody keeps its clients for it.
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
