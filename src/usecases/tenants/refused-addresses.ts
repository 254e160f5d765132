import { LRUCache } from 'lru-cache';
import { auditEntry } from '../audit.ts';
import type { Parts } from '../memory.ts';
import type { UseCases } from '../use-cases.ts';

/** Whoever tries all day fills no audit: one entry a key in so long, over all processes. */
const everyMs = 60_000;

/** A key was shown at an address that it may not be used from: somebody may have it who should not. */
export const noteRefusedAddress = (
  parts: Pick<Parts, 'clock' | 'ids' | 'store' | 'log'>,
): UseCases['noteRefusedAddress'] => {
  const { clock, store, log } = parts;
  const notedAt = new LRUCache<string, number>({ max: 10_000 });
  return async (by, address) => {
    const { keyId, tenantId } = by.caller;
    const now = clock.now();
    if (now.getTime() - (notedAt.get(keyId) ?? Number.NEGATIVE_INFINITY) < everyMs) return;
    notedAt.set(keyId, now.getTime());
    try {
      const entry = auditEntry(parts, by, 'api-key.address-refused', keyId, { address }, tenantId);
      await store.asTenant(tenantId, (rows) => rows.audit.addUnlessSince(entry, new Date(now.getTime() - everyMs)));
      log.warn({ tenantId, keyId, address }, 'a key was shown at an address that it may not be used from');
    } catch (error) {
      notedAt.delete(keyId);
      log.warn({ error, tenantId, keyId }, 'a key at a wrong address was refused, and that could not be audited');
    }
  };
};
