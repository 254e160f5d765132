import { inSet, type ListedKey } from '../../domain/key-set.ts';
import { systemEntry } from '../audit.ts';
import type { ClientWithKeys, Parts } from '../memory.ts';
import { oweProbe } from '../operator/owe-probe.ts';

type Key = ClientWithKeys['keys'][number];

/** Ends that lie as close together were told by clocks that differ. */
const hour = 60 * 60_000;
const yearMs = 365 * 24 * hour;

/** What a key's place in the set tells: that it is there, and when Digdir takes it no longer. */
const told = (key: Key, listed: ListedKey, now: Date): Partial<Key> & { warnedDays?: null } => {
  const { endsAt } = listed;
  const isNew = key.listedAt === undefined;
  const isOther =
    endsAt !== undefined &&
    Math.abs(endsAt.getTime() - (key.expiresAt?.getTime() ?? 0)) > hour &&
    key.state !== 'retired';
  return {
    ...(isNew ? { listedAt: now } : {}),
    ...(isOther
      ? { expiresAt: endsAt, registeredAt: new Date(Math.min(endsAt.getTime() - yearMs, now.getTime())) }
      : {}),
  };
};

/** Notes what stands in a client's set at Digdir of its keys; one that was put there to be proved is tried at once. */
export const noteSet = (parts: Pick<Parts, 'clock' | 'ids' | 'store'>) => {
  const { clock, store } = parts;
  return (clientId: string, set: readonly ListedKey[]): Promise<ClientWithKeys | undefined> =>
    store.asOperator(async (rows) => {
      const now = clock.now();
      const client = await rows.clients.lock(clientId);
      for (const key of client?.keys ?? []) {
        const listed = inSet(set, key);
        const note = (action: string) =>
          rows.audit.add(systemEntry(parts, 'selfservice', action, key.id, { clientId, kid: key.kid }));
        if (!listed && key.listedAt !== undefined) {
          await rows.clients.saveKey({ id: key.id, listedAt: null });
          await note('maskinporten-key.unlisted');
        }
        if (!listed) continue;
        const change = told(key, listed, now);
        if (Object.keys(change).length === 0) continue;
        // Why it was not registered, or refused before it was, is over.
        await rows.clients.saveKey({
          ...{ id: key.id, ...change },
          ...(change.expiresAt ? { warnedDays: null } : {}),
          ...(change.listedAt && key.state === 'pending' ? { problem: null } : {}),
        });
        if (!change.listedAt) continue;
        await note('maskinporten-key.listed');
        if (key.state === 'pending' || client?.stoppedAt) await oweProbe(rows, clientId, now);
      }
      return rows.clients.lock(clientId);
    });
};
