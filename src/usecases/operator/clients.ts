import { clientWarnings, type Examined } from '../../domain/client-scopes.ts';
import { Problem } from '../../domain/problem.ts';
import { auditEntry } from '../audit.ts';
import type { ClientWithKeys, Parts } from '../memory.ts';
import type { OperatorRows } from '../store-port.ts';
import type { ByOperator, MaskinportenClient, UseCases } from '../use-cases.ts';
import { waitFor } from '../wait.ts';
import { below, newKeys } from './new-key.ts';

type Verbs = Pick<
  UseCases,
  'registerClient' | 'changeClient' | 'readClient' | 'listClients' | 'addClientKey' | 'retireClientKey'
>;

/** How long an answer waits for a worker to generate a key, or to read one. */
const patienceMs = 5000;

const withPublicKeys = ({ keys, ...client }: ClientWithKeys): MaskinportenClient => ({
  ...client,
  keys: keys.map(({ privateSealed: _, certificateChain: __, ...key }) => key),
});

/** The operator's own clients at Maskinporten, and their signing keys, which no API process can open once they are stored. */
export const maskinportenClients = (parts: Parts): Verbs => {
  const { clock, ids, store, notices, memories, settings } = parts;
  const { prepare, add, refuseFaulty } = newKeys(parts);

  const shown = async (client: ClientWithKeys): Promise<Examined<MaskinportenClient>> => {
    const dataScopes = [...(await memories.services()).values()].map(({ dataScope }) => dataScope);
    const lives = await memories.longestLives();
    const warnings = clientWarnings(client, { consentScope: settings.consentScope, dataScopes, lives });
    return { ...withPublicKeys(client), warnings };
  };

  const find = async (rows: OperatorRows, id: string): Promise<ClientWithKeys> => {
    const found = (await rows.clients.list()).find((client) => client.id === id);
    if (!found) throw new Problem('maskinporten-client-not-found', 'No Maskinporten client with this id');
    return found;
  };

  const settled = async (id: string): Promise<Examined<MaskinportenClient>> => {
    await waitFor(notices, {
      topic: 'changed:clients',
      timeoutMs: patienceMs,
      look: () => store.asOperator((rows) => rows.clients.list()),
      isEnough: (clients) =>
        !clients.some(
          (client) => client.id === id && client.keys.some(({ state, fault }) => state === 'generating' && !fault),
        ),
    });
    return shown(await store.asOperator((rows) => find(rows, id)));
  };

  /** The client with its new key ready, or a word of why that key is none. */
  const withKey = async (by: ByOperator, id: string, keyId: string, isNew: boolean) => {
    const client = await settled(id);
    const key = client.keys.find((one) => one.id === keyId);
    await refuseFaulty(by, id, key, isNew);
    return client;
  };

  return {
    async registerClient(by, { key, ...ask }) {
      const now = clock.now();
      const client: MaskinportenClient = { id: ids.uuid(), ...ask, keys: [], createdAt: now, updatedAt: now };
      return below('/key', async () => {
        const prepared = await prepare(client.id, key);
        await store.asOperator(async (rows) => {
          await rows.clients.add(client);
          await rows.audit.add(auditEntry(parts, by, 'maskinporten-client.registered', client.id, ask));
          await add(rows, by, client.id, prepared);
        });
        return withKey(by, client.id, prepared.id, true);
      });
    },
    async changeClient(by, id, { name, scopes }) {
      await store.asOperator(async (rows) => {
        const client = await find(rows, id);
        const changed = {
          ...client,
          ...(name === undefined ? {} : { name }),
          ...(scopes === undefined ? {} : { scopes }),
          updatedAt: clock.now(),
        };
        await rows.clients.save(changed);
        await rows.audit.add(
          auditEntry(parts, by, 'maskinporten-client.changed', id, { name: changed.name, scopes: changed.scopes }),
        );
      });
      return settled(id);
    },
    readClient: async (_by, id) => shown(await store.asOperator((rows) => find(rows, id))),
    listClients: async () => Promise.all((await store.asOperator((rows) => rows.clients.list())).map(shown)),
    async addClientKey(by, id, key) {
      await store.asOperator((rows) => find(rows, id));
      const prepared = await prepare(id, key);
      await store.asOperator((rows) => add(rows, by, id, prepared));
      return withKey(by, id, prepared.id, false);
    },
    async retireClientKey(by, id, keyId) {
      const client = await store.asOperator(async (rows) => {
        const client = await find(rows, id);
        const key = client.keys.find((one) => one.id === keyId);
        if (!key) throw new Problem('maskinporten-client-not-found', 'No key with this id on this client');
        if (key.state !== 'retired') {
          await rows.clients.saveKey({ id: keyId, state: 'retired', retiredAt: clock.now() });
          await rows.audit.add(auditEntry(parts, by, 'maskinporten-key.retired', keyId, { clientId: id }));
        }
        return find(rows, id);
      });
      return shown(client);
    },
  };
};
