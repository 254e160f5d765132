import { clientWarnings, type Examined } from '../../domain/client-scopes.ts';
import { keyWarnings } from '../../domain/key-warnings.ts';
import { Problem } from '../../domain/problem.ts';
import type { ClientWithKeys, Parts } from '../memory.ts';
import type { OperatorRows } from '../store-port.ts';
import type { MaskinportenClient } from '../use-cases.ts';

const there = (found: ClientWithKeys | undefined): ClientWithKeys => {
  if (!found) throw new Problem('maskinporten-client-not-found', 'No Maskinporten client with this id');
  return found;
};

/** @throws Problem `maskinporten-client-not-found` */
export const readClient = async (rows: OperatorRows, id: string): Promise<ClientWithKeys> =>
  there((await rows.clients.list()).find((client) => client.id === id));

/** And nobody else changes it meanwhile. @throws Problem `maskinporten-client-not-found` */
export const lockClient = async (rows: OperatorRows, id: string): Promise<ClientWithKeys> =>
  there(await rows.clients.lock(id));

const withoutPrivateKeys = ({ keys, probes: _, ...client }: ClientWithKeys): MaskinportenClient => ({
  ...client,
  keys: keys.map(({ privateSealed: _, certificateChain: __, ...key }) => key),
});

/** A client as operators see it: no private part, sealed or not, and what they should know of it. */
export const showClient =
  ({ clock, memories, settings }: Pick<Parts, 'clock' | 'memories' | 'settings'>) =>
  async (client: ClientWithKeys): Promise<Examined<MaskinportenClient>> => {
    const dataScopes = [...(await memories.services()).values()].map(({ dataScope }) => dataScope);
    const lives = await memories.longestLives();
    const warnings = [
      ...clientWarnings(client, { consentScope: settings.consentScope, dataScopes, lives }),
      ...keyWarnings(client, clock.now()),
    ];
    return { ...withoutPrivateKeys(client), warnings };
  };
