import { LRUCache } from 'lru-cache';
import type { Parts } from '../memory.ts';

/** A use is noted once in this time for each token, and written within the other: it only has to tell used from unused. */
const everyMs = 60_000;
const writtenWithinMs = 1000;

/** Notes that a token was used, so that it is renewed before it ends. Never in the way of whoever uses it. */
export const noteUse = ({ clock, store, log }: Pick<Parts, 'clock' | 'store' | 'log'>) => {
  const notedAt = new LRUCache<string, number>({ max: 50_000 });
  let unwritten: { tenantId: string; id: string; at: Date }[] = [];
  const write = (): void => {
    const uses = unwritten;
    unwritten = [];
    store.noteUses(uses).catch((error: unknown) => {
      for (const { id } of uses) notedAt.delete(id);
      log.debug({ error, many: uses.length }, 'uses of tokens were not noted; the next ones will be');
    });
  };
  return (tenantId: string, id: string): void => {
    const at = clock.now();
    if (at.getTime() - (notedAt.get(id) ?? Number.NEGATIVE_INFINITY) < everyMs) return;
    notedAt.set(id, at.getTime());
    if (unwritten.push({ tenantId, id, at }) === 1) setTimeout(write, writtenWithinMs).unref();
  };
};
