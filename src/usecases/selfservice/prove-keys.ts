import { verdictOf } from '../../domain/client-keys.ts';
import { Problem } from '../../domain/problem.ts';
import type { ClientWithKeys } from '../memory.ts';
import { askMaskinporten } from '../tokens/ask-maskinporten.ts';
import { signingKeys } from '../tokens/signing-keys.ts';
import { giveUpKey } from './give-up-key.ts';
import type { SyncParts } from './sync-parts.ts';

type Key = ClientWithKeys['keys'][number];

/** A key that was registered is known everywhere within two minutes. */
const patienceMs = 150_000;
const everyMs = 3000;

/**
 * Waits until Maskinporten takes the keys that were just registered. One that is refused to the end is given up where another
 * signs: answers its name then, so that its registration is taken back.
 *
 * What is refused while it spreads says nothing of the client, and is not noted.
 */
export const proveKeys = (parts: SyncParts) => {
  const { clock, settings, maskinporten, store, pause } = parts;
  const keyOf = signingKeys(parts);
  const asking = askMaskinporten(parts);

  const tried = async (client: ClientWithKeys, key: Key, scope: string, signal: AbortSignal) => {
    const ask = { scopes: [scope], consumer: settings.operatorOrgno };
    try {
      const opened = await keyOf({ client, key });
      await maskinporten.requestToken({ ...ask, clientId: client.clientId, key: opened }, signal);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const verdict = verdictOf(error);
      if (verdict !== 'taken') return verdict;
    }
    await asking.verdictOn(client, key, ask, signal);
    return 'taken';
  };

  return async (
    clientId: string,
    signal: AbortSignal,
  ): Promise<{ proved: string[]; givenUp: string[]; open: string[] }> => {
    const told = { proved: [] as string[], givenUp: [] as string[], open: [] as string[] };
    const client = await store.asOperator((rows) => rows.clients.lock(clientId));
    const [scope] = client?.scopes ?? [];
    if (!client || scope === undefined) return told;
    const until = clock.now().getTime() + patienceMs;
    for (const key of client.keys) {
      const { kid = '', state, provedAt, listedAt } = key;
      if (!listedAt || provedAt || (state !== 'pending' && state !== 'active')) continue;
      let verdict = await tried(client, key, scope, signal);
      while (verdict !== 'taken' && clock.now().getTime() < until && !signal.aborted) {
        await pause(everyMs, signal);
        verdict = await tried(client, key, scope, signal);
      }
      if (verdict === 'taken') told.proved.push(kid);
      else if (verdict === 'refused' && !signal.aborted && (await giveUpKey(parts, clientId, key)))
        told.givenUp.push(kid);
      else told.open.push(kid);
    }
    return told;
  };
};
