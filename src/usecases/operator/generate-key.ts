import { Problem } from '../../domain/problem.ts';
import type { ClientWithKeys, Parts } from '../memory.ts';
import type { PublicKey } from '../ports.ts';
import type { OperatorRows } from '../store-port.ts';
import type { Work } from '../use-cases.ts';
import { keyUsable } from './key-usable.ts';

type KeyChange = Omit<Parameters<OperatorRows['clients']['saveKey']>[0], 'id'>;
type Waiting = { client: ClientWithKeys; key: ClientWithKeys['keys'][number] };

/**
 * Makes a key ready that only a worker may touch. A key pair is born here: its private part leaves only sealed to the
 * keystore. Of a key in a file or an HSM the public part is read; its private part stays where it is.
 */
export const generateKey = ({
  clock,
  store,
  keystore,
  signing,
  keySources,
  settings,
  log,
}: Pick<Parts, 'clock' | 'store' | 'keystore' | 'signing' | 'keySources' | 'settings' | 'log'>): Work => {
  const find = (keyId: string): Promise<Waiting | undefined> =>
    store.asOperator(async (rows) => {
      for (const client of await rows.clients.list()) {
        const key = client.keys.find(({ id, state, fault }) => id === keyId && state === 'generating' && !fault);
        if (key) return { client, key };
      }
      return undefined;
    });

  const made = async ({ client, key }: Waiting): Promise<PublicKey & { privateSealed?: string }> => {
    const now = clock.now();
    if (key.source) return keySources.look(key.source, key.kid, { orgno: settings.operatorOrgno, now });
    const { privateJwk, ...read } = await signing.generate(now);
    return { ...read, privateSealed: await keystore.close({ clientId: client.id, keyId: key.id }, privateJwk) };
  };

  /** Unless the key has become something else meanwhile. */
  const save = (
    { client: { id: clientId }, key: { id } }: Waiting,
    change: (rows: OperatorRows, client: ClientWithKeys) => Promise<KeyChange>,
  ): Promise<void> =>
    store.asOperator(async (rows) => {
      const client = await rows.clients.lock(clientId);
      if (!client?.keys.some((key) => key.id === id && key.state === 'generating')) return;
      await rows.clients.saveKey({ id, ...(await change(rows, client)) });
    });

  return async ({ subjectId: keyId }) => {
    const waiting = await find(keyId);
    if (!waiting) return undefined;
    try {
      const read = await made(waiting);
      await save(waiting, async (rows, client) => ({ ...read, ...(await keyUsable(rows, client, clock.now())) }));
    } catch (error) {
      // Whoever asked for it is told why, and asks again once it is mended.
      const isTaken = error instanceof Problem && error.code === 'already-exists';
      if (!isTaken && !(error instanceof Problem && error.code === 'key-unusable')) throw error;
      log.warn({ keyId, source: waiting.key.source, error }, 'a key cannot be used');
      const fault = isTaken ? 'Another key has the same `kid`.' : error.detail;
      await save(waiting, async () => ({ fault }));
    }
    return undefined;
  };
};
