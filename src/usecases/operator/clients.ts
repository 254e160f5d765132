import { whenRetired } from '../../domain/client-keys.ts';
import type { Examined } from '../../domain/client-scopes.ts';
import { Problem } from '../../domain/problem.ts';
import { auditEntry } from '../audit.ts';
import { nobodysTenant } from '../jobs.ts';
import type { Parts } from '../memory.ts';
import type { OperatorRows } from '../store-port.ts';
import type { ByOperator, ClientKey, KeyAsk, MaskinportenClient, UseCases } from '../use-cases.ts';
import { waitFor } from '../wait.ts';
import { keyUsable } from './key-usable.ts';
import { oweProbe } from './owe-probe.ts';
import { lockClient, readClient, showClient } from './show-client.ts';

type Verbs = Pick<
  UseCases,
  'registerClient' | 'changeClient' | 'readClient' | 'listClients' | 'addClientKey' | 'retireClientKey'
>;

/** How long an answer waits for a worker to generate a key. */
const patienceMs = 5000;

/**
 * The operator's own clients at Maskinporten. A generated key is born in a worker; one that is handed over is sealed at
 * once to the workers' public key. Either way no API process can open what it stored.
 */
export const maskinportenClients = (parts: Parts): Verbs => {
  const { clock, ids, store, notices, keystore, signing } = parts;

  const shown = showClient(parts);

  type Prepared = ClientKey & { privateSealed?: string; certificateChain?: string[] };
  const prepare = async (clientId: string, ask: KeyAsk): Promise<Prepared> => {
    const base = { id: ids.uuid(), createdAt: clock.now() };
    if ('generate' in ask) return { ...base, state: 'generating' };
    const { kid, privateJwk, publicJwk, certificateChain } = signing.read(ask);
    const privateSealed = await keystore.close({ clientId, keyId: base.id }, privateJwk);
    return {
      ...base,
      state: 'active',
      publicJwk,
      privateSealed,
      certificateChain,
      ...(kid === undefined ? {} : { kid }),
    };
  };

  const addKey = async (rows: OperatorRows, by: ByOperator, clientId: string, key: Prepared) => {
    const client = await lockClient(rows, clientId);
    const becomes = key.state === 'generating' ? {} : await keyUsable(rows, client, key.createdAt);
    await rows.clients.addKey(clientId, { ...key, ...becomes });
    if (key.state === 'generating')
      await rows.outbox.owe('generate-key', nobodysTenant, key.id, key.createdAt, key.createdAt);
    await rows.audit.add(
      auditEntry(parts, by, 'maskinporten-key.added', key.id, {
        clientId,
        generated: key.state === 'generating',
        ...(key.kid ? { kid: key.kid } : {}),
      }),
    );
  };

  const settled = async (id: string): Promise<Examined<MaskinportenClient>> => {
    await waitFor(notices, {
      topic: 'changed:clients',
      timeoutMs: patienceMs,
      look: () => store.asOperator((rows) => rows.clients.list()),
      isEnough: (clients) =>
        !clients.some((client) => client.id === id && client.keys.some(({ state }) => state === 'generating')),
    });
    return shown(await store.asOperator((rows) => readClient(rows, id)));
  };

  return {
    async registerClient(by, { key, ...ask }) {
      const now = clock.now();
      const client: MaskinportenClient = { id: ids.uuid(), ...ask, keys: [], createdAt: now, updatedAt: now };
      const prepared = await prepare(client.id, key);
      await store.asOperator(async (rows) => {
        await rows.clients.add(client);
        await rows.audit.add(auditEntry(parts, by, 'maskinporten-client.registered', client.id, ask));
        await addKey(rows, by, client.id, prepared);
      });
      return settled(client.id);
    },
    async changeClient(by, id, { name, scopes }) {
      await store.asOperator(async (rows) => {
        const client = await lockClient(rows, id);
        const changed = {
          ...client,
          ...(name === undefined ? {} : { name }),
          ...(scopes === undefined ? {} : { scopes }),
          updatedAt: clock.now(),
        };
        await rows.clients.save(changed);
        // With another scope it may be taken, or be asked for the first time.
        if (client.stoppedAt || client.keys.some(({ state }) => state === 'pending'))
          await oweProbe(rows, id, changed.updatedAt);
        await rows.audit.add(
          auditEntry(parts, by, 'maskinporten-client.changed', id, { name: changed.name, scopes: changed.scopes }),
        );
      });
      return settled(id);
    },
    readClient: async (_by, id) => shown(await store.asOperator((rows) => readClient(rows, id))),
    listClients: async () => Promise.all((await store.asOperator((rows) => rows.clients.list())).map(shown)),
    async addClientKey(by, id, key) {
      await store.asOperator((rows) => readClient(rows, id));
      const prepared = await prepare(id, key);
      await store.asOperator((rows) => addKey(rows, by, id, prepared));
      return settled(id);
    },
    async retireClientKey(by, id, keyId) {
      const client = await store.asOperator(async (rows) => {
        const client = await lockClient(rows, id);
        const key = client.keys.find((one) => one.id === keyId);
        if (!key) throw new Problem('maskinporten-client-not-found', 'No key with this id on this client');
        if (key.state !== 'retired') {
          const now = clock.now();
          const changes = whenRetired(client.keys, keyId, now);
          for (const change of changes) await rows.clients.saveKey(change);
          // Whether the one that signs in its place works is known when it was asked with.
          if (client.stoppedAt || changes.length > 1) await oweProbe(rows, id, now);
          await rows.audit.add(auditEntry(parts, by, 'maskinporten-key.retired', keyId, { clientId: id }));
        }
        return readClient(rows, id);
      });
      return shown(client);
    },
  };
};
