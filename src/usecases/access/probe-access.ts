import { nextProbe } from '../../domain/pace.ts';
import type { Parts } from '../memory.ts';
import type { TokenFor } from '../tokens/known-token.ts';
import type { Work } from '../use-cases.ts';
import { findOut } from './prove-access.ts';

/**
 * Looks whether access that was missing is there by now. For a scope: asks for a token. For a service that Altinn refused
 * without a word: lets the oldest waiting consent try alone, since nothing else would tell. Rests when nobody waits.
 */
export const probeAccess =
  (parts: Parts, tokenFor: TokenFor): Work =>
  async ({ tenantId, subjectId }, signal) => {
    const { clock, store } = parts;
    const { access, oldest } = await store.asTenant(tenantId, async (rows) => ({
      access: await rows.access.find(subjectId),
      oldest: await rows.consents.oldestBlockedOn(subjectId),
    }));
    if (!access) return undefined;
    if (access.kind === 'scope') {
      const found = await findOut(parts, tokenFor)(tenantId, access.name, signal, true);
      return found.state === 'missing' && oldest
        ? { nextAt: nextProbe('scope', found.probes, clock.now()) }
        : undefined;
    }
    if (!oldest) return undefined;
    const now = clock.now();
    await store.asTenant(tenantId, (rows) => rows.outbox.owe('submit-consent', oldest, now, now));
    return { nextAt: nextProbe('service', access.probes + 1, now) };
  };
