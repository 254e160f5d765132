import { Problem } from '../../domain/problem.ts';
import { auditEntry } from '../audit.ts';
import { nobodysTenant } from '../jobs.ts';
import type { Parts } from '../memory.ts';
import type { OperatorRows } from '../store-port.ts';
import type { ByOperator, ClientKey, KeyAsk, KeySource } from '../use-cases.ts';
import { keyUsable } from './key-usable.ts';
import { lockClient } from './show-client.ts';

export type NewKey = ClientKey & { privateSealed?: string; certificateChain?: string[] };

const sourceField = (source: KeySource): string => ('file' in source ? '/file' : '/pkcs11');

/** Where the key is only a part of what was asked, the fields of its faults are found below it. */
export const below = async <T>(place: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Problem && error.code === 'key-unusable')) throw error;
    const { errors, ...more } = error.more;
    throw new Problem(error.code, error.detail, {
      ...more,
      cause: error.cause,
      errors: errors?.map((fault) => ({ ...fault, field: `${place}${fault.field}` })),
    });
  }
};

/**
 * How a client gets a key. One that is handed over is read here and sealed at once to the workers' public key; one that is
 * to be generated, or lies in a file or an HSM, is for a worker: no API process can look at those.
 */
export const newKeys = (parts: Parts) => {
  const { clock, ids, store, keystore, signing, settings } = parts;
  return {
    /** @throws Problem `key-unusable` */
    async prepare(clientId: string, ask: KeyAsk): Promise<NewKey> {
      const base = { id: ids.uuid(), createdAt: clock.now() };
      if ('generate' in ask) return { ...base, state: 'generating' };
      if ('source' in ask) {
        const { source, kid } = ask;
        return { ...base, state: 'generating', source, ...(kid === undefined ? {} : { kid }) };
      }
      const { privateJwk, ...read } = await signing.read(ask, { orgno: settings.operatorOrgno, now: base.createdAt });
      const privateSealed = await keystore.close({ clientId, keyId: base.id }, privateJwk);
      return { ...base, state: 'active', ...read, privateSealed };
    },
    async add(rows: OperatorRows, by: ByOperator, clientId: string, key: NewKey): Promise<void> {
      const { id, kid, source, state, createdAt } = key;
      const client = await lockClient(rows, clientId);
      const becomes = state === 'generating' ? {} : await keyUsable(rows, client, createdAt);
      await rows.clients.addKey(clientId, { ...key, ...becomes });
      if (state === 'generating') await rows.outbox.owe('generate-key', nobodysTenant, id, createdAt, createdAt);
      await rows.audit.add(
        auditEntry(parts, by, 'maskinporten-key.added', id, {
          clientId,
          generated: state === 'generating' && source === undefined,
          ...(kid ? { kid } : {}),
          ...(source ? { source } : {}),
        }),
      );
    },
    /**
     * Takes away again what a worker found unusable, and the client that came with it. Nothing to do for any other.
     *
     * @throws Problem `key-unusable`, with the worker's word for it
     */
    async refuseFaulty(by: ByOperator, clientId: string, key: ClientKey | undefined, isNewClient: boolean) {
      const { id, fault, source } = key ?? {};
      if (id === undefined || fault === undefined) return;
      await store.asOperator(async (rows) => {
        // Someone may have retired it, or been told of it, a moment ago.
        if (!(await rows.clients.removeFaultyKey(id))) return;
        const client = (await rows.clients.list()).find((one) => one.id === clientId);
        if (isNewClient && client?.keys.length === 0) await rows.clients.remove(clientId);
        await rows.audit.add(auditEntry(parts, by, 'maskinporten-key.refused', id, { clientId, fault }));
      });
      const field = source === undefined ? '' : sourceField(source);
      throw new Problem('key-unusable', fault, { errors: [{ field, code: 'key-unusable', detail: fault }] });
    },
  };
};
