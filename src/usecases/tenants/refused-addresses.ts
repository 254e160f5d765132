import { LRUCache } from 'lru-cache';
import { auditEntry } from '../audit.ts';
import type { Parts } from '../memory.ts';
import type { UseCases } from '../use-cases.ts';

/** Whoever tries all day fills no audit: one entry a key in so long, over all processes. */
const everyMs = 60_000;

/** Somebody may have what they should not: it is audited and logged, with the address it came from. Never throws. */
export const noteRefusal = (
  parts: Pick<Parts, 'clock' | 'ids' | 'store' | 'log'>,
  action: string,
  what: string,
): UseCases['noteRefusedAddress'] => {
  const { clock, store, log } = parts;
  const notedAt = new LRUCache<string, number>({ max: 10_000 });
  return async (by, address) => {
    const { keyId, tenantId } = by.caller;
    const now = clock.now();
    if (now.getTime() - (notedAt.get(keyId) ?? Number.NEGATIVE_INFINITY) < everyMs) return;
    notedAt.set(keyId, now.getTime());
    try {
      const entry = auditEntry(parts, by, action, keyId, { address }, tenantId);
      await store.asTenant(tenantId, (rows) => rows.audit.addUnlessSince(entry, new Date(now.getTime() - everyMs)));
      log.warn({ tenantId, keyId, address }, what);
    } catch (error) {
      notedAt.delete(keyId);
      log.warn({ error, tenantId, keyId, action }, 'a refusal could not be audited');
    }
  };
};

/** A key was shown at an address that it may not be used from. */
export const noteRefusedAddress = (parts: Parameters<typeof noteRefusal>[0]): UseCases['noteRefusedAddress'] =>
  noteRefusal(parts, 'api-key.address-refused', 'a key was shown at an address that it may not be used from');
