import { clientLacks, whenRetired } from '../../domain/client-keys.ts';
import type { Examined } from '../../domain/client-scopes.ts';
import { afterRetiringMs } from '../../domain/key-set.ts';
import { releaseEveryMs } from '../../domain/pace.ts';
import { Problem } from '../../domain/problem.ts';
import { auditEntry } from '../audit.ts';
import type { Parts } from '../memory.ts';
import { oweTending } from '../selfservice/begin-rotation.ts';
import type { ByOperator, MaskinportenClient, UseCases } from '../use-cases.ts';
import { waitFor } from '../wait.ts';
import { below, newKeys } from './new-key.ts';
import { oweProbe } from './owe-probe.ts';
import { lockClient, readClient, showClient } from './show-client.ts';

type Verbs = Pick<
  UseCases,
  'registerClient' | 'changeClient' | 'readClient' | 'listClients' | 'addClientKey' | 'retireClientKey'
>;

/** How long an answer waits for a worker to generate a key, or to read one. */
const patienceMs = 5000;

/** The operator's own clients at Maskinporten, and their signing keys, which no API process can open once they are stored. */
export const maskinportenClients = (parts: Parts): Verbs => {
  const { clock, ids, store, notices } = parts;
  const { prepare, add, refuseFaulty } = newKeys(parts);

  const shown = showClient(parts);

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
    return shown(await store.asOperator((rows) => readClient(rows, id)));
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
        await rows.outbox.goOn(changed, clientLacks, changed.updatedAt, releaseEveryMs);
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
      await store.asOperator((rows) => add(rows, by, id, prepared));
      return withKey(by, id, prepared.id, false);
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
          await oweTending(rows, id, new Date(now.getTime() + afterRetiringMs), now);
          await rows.audit.add(auditEntry(parts, by, 'maskinporten-key.retired', keyId, { clientId: id }));
        }
        return readClient(rows, id);
      });
      return shown(client);
    },
  };
};
