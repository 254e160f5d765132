import type { Parts } from '../memory.ts';
import type { Work } from '../use-cases.ts';
import { keyUsable } from './key-usable.ts';

/** A key pair is born here, in a worker: its private part leaves only sealed to the keystore. */
export const generateKey =
  ({ clock, store, keystore, signing }: Pick<Parts, 'clock' | 'store' | 'keystore' | 'signing'>): Work =>
  async ({ subjectId: keyId }) => {
    const waiting = await store.asOperator(async (rows) => {
      for (const client of await rows.clients.list()) {
        const key = client.keys.find(({ id, state }) => id === keyId && state === 'generating');
        if (key) return { client, key };
      }
      return undefined;
    });
    if (!waiting) return undefined;
    const { kid, privateJwk, publicJwk } = await signing.generate(clock.now());
    const privateSealed = await keystore.close({ clientId: waiting.client.id, keyId }, privateJwk);
    await store.asOperator(async (rows) => {
      const client = await rows.clients.lock(waiting.client.id);
      if (!client?.keys.some(({ id, state }) => id === keyId && state === 'generating')) return;
      const becomes = await keyUsable(rows, client, clock.now());
      await rows.clients.saveKey({
        id: keyId,
        ...becomes,
        publicJwk,
        privateSealed,
        ...(kid === undefined ? {} : { kid }),
      });
    });
    return undefined;
  };
