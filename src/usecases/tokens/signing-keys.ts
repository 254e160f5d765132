import { LRUCache } from 'lru-cache';
import type { Parts } from '../memory.ts';
import type { SigningKey } from '../ports.ts';
import type { UsableClient } from './find-client.ts';

/**
 * Opens the signing keys of our clients, in workers alone, and keeps the opened ones in memory: a stored key never changes,
 * it is only retired, and then no longer asked for. One that lies elsewhere is looked at there, at each signature.
 */
export const signingKeys = ({ keystore, signing, keySources }: Pick<Parts, 'keystore' | 'signing' | 'keySources'>) => {
  const opened = new LRUCache<string, Promise<SigningKey>>({ max: 100 });
  return ({ client, key }: UsableClient): Promise<SigningKey> => {
    const known = opened.get(key.id);
    if (known) return known;
    const opening = (async () => {
      const { kid, certificateChain, source, publicJwk } = key;
      const named = kid === undefined ? {} : { kid };
      if (source && publicJwk) return keySources.open(source, { ...named, publicJwk, certificateChain });
      if (key.privateSealed === undefined) throw new Error(`key ${key.id} has no private part`);
      const jwk = await keystore.open({ clientId: client.id, keyId: key.id }, key.privateSealed);
      return signing.open(jwk, { ...named, certificateChain });
    })();
    opened.set(key.id, opening);
    opening.catch(() => opened.delete(key.id));
    return opening;
  };
};
