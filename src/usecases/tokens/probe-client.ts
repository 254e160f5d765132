import { doneRetiring, nextClientLook, signingOrder } from '../../domain/client-keys.ts';
import { afterRetiringMs } from '../../domain/key-set.ts';
import { systemEntry } from '../audit.ts';
import type { ClientWithKeys, Parts } from '../memory.ts';
import { oweTending } from '../selfservice/begin-rotation.ts';
import type { Work } from '../use-cases.ts';
import { askMaskinporten, type ClientAsk } from './ask-maskinporten.ts';

const standing = ({ stoppedAt, keys }: ClientWithKeys): string =>
  JSON.stringify([stoppedAt, keys.map(({ id, state }) => [id, state])]);

/**
 * Finds out in the background what Maskinporten makes of a client: proves keys that are pending, lets go of those that
 * nobody falls back on any more, and looks whether a client that was stopped works again. Asks for the operator's own
 * organisation, so that it is no tenant's access that is looked at. Stays owed for as long as there is anything to find out.
 */
export const probeClient = (parts: Parts): Work => {
  const { clock, store, log, settings } = parts;
  const maskinporten = askMaskinporten(parts);
  const find = (id: string): Promise<ClientWithKeys | undefined> =>
    store.asOperator(async (rows) => (await rows.clients.list()).find((client) => client.id === id));

  /** Only after the active one was taken a moment ago. */
  const letGo = (id: string): Promise<void> =>
    store.asOperator(async (rows) => {
      const client = await rows.clients.lock(id);
      const now = clock.now();
      for (const { id: keyId, kid } of doneRetiring(client?.keys ?? [], now)) {
        await rows.clients.saveKey({ id: keyId, state: 'retired', retiredAt: now });
        await rows.audit.add(systemEntry(parts, 'tokens', 'maskinporten-key.retired', keyId, { clientId: id }));
        await oweTending(rows, id, new Date(now.getTime() + afterRetiringMs), now);
        log.info({ client: client?.name, kid }, 'a signing key that another has followed is retired');
      }
    });

  const look = async (before: ClientWithKeys, ask: ClientAsk, signal: AbortSignal): Promise<void> => {
    const pending = before.keys.filter(({ state }) => state === 'pending');
    let client: ClientWithKeys | undefined = before;
    for (const { id } of pending) {
      const key = client?.keys.find((one) => one.id === id && one.state === 'pending');
      if (client && key) client = await maskinporten.tryKey(client, key, ask, signal);
    }
    if (!client) return;
    const isDone = doneRetiring(client.keys, clock.now()).length > 0;
    // With nothing else to find out, somebody wants to know whether it works.
    if (!client.stoppedAt && !isDone && pending.length > 0) return;
    const taken = await maskinporten.takenWith(client, ask, signal);
    if (isDone && taken !== undefined && taken === signingOrder(client.keys)[0]?.id) await letGo(client.id);
  };

  return async ({ subjectId }, signal) => {
    const before = await find(subjectId);
    const [scope] = before?.scopes ?? [];
    // Without a scope there is no grant.
    if (!before || scope === undefined) return undefined;
    await look(before, { scopes: [scope], consumer: settings.operatorOrgno }, signal);
    const after = await find(subjectId);
    if (!after) return undefined;
    const probes = standing(after) === standing(before) ? before.probes + 1 : 0;
    const nextAt = nextClientLook(after, probes, clock.now());
    if (nextAt && probes !== after.probes)
      await store.asOperator((rows) => rows.clients.saveState(after.id, { probes }));
    return nextAt && { nextAt };
  };
};
