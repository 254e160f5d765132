import { forgotten, isWanted } from '../../domain/access.ts';
import { nextProbe } from '../../domain/pace.ts';
import { neededScopes } from '../consents/upstream.ts';
import type { Parts } from '../memory.ts';
import type { TokenFor } from '../tokens/known-token.ts';
import type { Work } from '../use-cases.ts';
import { probeTurn } from './probe-turns.ts';
import { findOut } from './prove-access.ts';

/**
 * Looks how a tenant's access is by now. For a scope: asks for a token, in its turn, or at once where somebody asked for that;
 * what is missing goes on being looked for with nobody waiting, and what is there is looked at now and then. For a service that
 * Altinn refused without a word: lets the oldest waiting consent try alone, since nothing else would tell.
 */
export const probeAccess = (parts: Parts, tokenFor: TokenFor): Work => {
  const { clock, store, memories, settings } = parts;
  const turnOf = probeTurn(parts);
  const ask = findOut(parts, tokenFor);

  const isNeeded = async (tenantId: string, scope: string): Promise<boolean> => {
    const known = await memories.tenant.get(tenantId);
    return neededScopes(settings, known?.tenant.services ?? [], await memories.services()).has(scope);
  };
  /** What this process knows may be a moment old: a service that was just given to the tenant. */
  const isNeededNow = async (tenantId: string, scope: string): Promise<boolean> => {
    if (await isNeeded(tenantId, scope)) return true;
    memories.forget();
    return isNeeded(tenantId, scope);
  };

  return async ({ tenantId, subjectId }, signal) => {
    const { access, oldest } = await store.asTenant(tenantId, async (rows) => ({
      access: await rows.access.find(subjectId),
      oldest: await rows.consents.oldestBlockedOn(subjectId),
    }));
    if (!access) return undefined;
    const now = clock.now();
    if (access.kind === 'service') {
      if (!oldest) return undefined;
      await store.asTenant(tenantId, (rows) => rows.outbox.owe('submit-consent', oldest, now, now));
      return { nextAt: nextProbe(access.probes + 1, now) };
    }
    if (isWanted(access)) {
      await ask(tenantId, access.name, signal, { anew: true, after: access.wantedAt });
      return undefined;
    }
    if (!oldest && !(await isNeededNow(tenantId, access.name))) {
      await store.asTenant(tenantId, async (rows) => {
        const before = await rows.access.ensure('scope', access.name, access.id, now);
        if (before.state !== 'unknown') await rows.access.save(forgotten(before, now));
      });
      return undefined;
    }
    const turn = await turnOf(access, oldest !== undefined, now);
    if (turn > now) return { nextAt: turn };
    // What comes next is owed with what is noted.
    await ask(tenantId, access.name, signal, { anew: true });
    return undefined;
  };
};
