import { signingOrder } from '../../domain/client-keys.ts';
import { Problem } from '../../domain/problem.ts';
import { scopesNamed } from '../../domain/token.ts';
import type { ClientWithKeys, Memories } from '../memory.ts';
import type { Settings } from '../ports.ts';

type Needed = { memories: Pick<Memories, 'clients'>; settings: Pick<Settings, 'ownScopes'> };
export type UsableClient = { client: ClientWithKeys; key: ClientWithKeys['keys'][number] };

/** Our clients that may ask for this scope: they are meant for it, and hold all that it names. */
export const holdersOf = (
  clients: readonly ClientWithKeys[],
  ownScopes: string,
  scope: string,
): { purpose: 'consents' | 'data'; holders: ClientWithKeys[] } => {
  const wanted = scopesNamed(scope);
  const own = scopesNamed(ownScopes);
  // By any of them: a consent may wait for access to what the setting named before.
  const purpose = wanted.some((one) => own.includes(one)) ? 'consents' : 'data';
  const holders = clients.filter(
    ({ purpose: itsOwn, scopes }) => itsOwn === purpose && wanted.every((one) => scopes.includes(one)),
  );
  return { purpose, holders };
};

/**
 * Which of our clients asks for this scope: the one for consent administration when it is the consent API's, else one for
 * data. Clients with the purpose `admin` never speak for a tenant. One that is stopped is named only where no other holds
 * the scope: what it has fetched is good still, and whoever wants more is told why there is none.
 *
 * @throws Problem `client-missing` when none holds the scope, or none that does has a key ready
 */
export const clientAmong = (clients: readonly ClientWithKeys[], ownScopes: string, scope: string): UsableClient => {
  const { purpose, holders } = holdersOf(clients, ownScopes, scope);
  if (holders.length === 0) throw new Problem('client-missing', `No client for ${purpose} holds the scope ${scope}`);
  const usable = holders.flatMap((client) => {
    const [key] = signingOrder(client.keys);
    return key?.state === 'active' ? [{ client, key }] : [];
  });
  const best = usable.find(({ client }) => client.stoppedAt === undefined) ?? usable[0];
  if (!best) throw new Problem('client-missing', `The client that holds the scope ${scope} has no key ready`);
  return best;
};

/** Among those that are known now. */
export const findClient =
  ({ memories, settings }: Needed) =>
  async (scope: string): Promise<UsableClient> =>
    clientAmong(await memories.clients(), settings.ownScopes, scope);
