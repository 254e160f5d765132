import { clientRefusals } from '../../domain/client-keys.ts';
import { fateOf, Problem } from '../../domain/problem.ts';
import { nameOfScopes, usedLatelyMs } from '../../domain/token.ts';
import { linkedProblem } from '../access/problem-link.ts';
import { recordAccess } from '../access/record-access.ts';
import type { Parts } from '../memory.ts';
import type { Work } from '../use-cases.ts';
import type { TokenFor } from './token-for.ts';

/** While our client is stopped nobody is asked, so that looking again costs little. */
const refusedAgainMs = 30_000;

/**
 * Fetches a token anew before it ends, where it was used lately, so that its tenant's apps never wait for one. One that
 * nobody uses is left to die; one that carries a consent is never fetched ahead.
 *
 * Refused because access is gone, the old one is forgotten at once: it would be good for a while, and is not ours to use.
 * Any other failure leaves it, and this work stays owed.
 */
export const refreshToken = (parts: Parts, tokenFor: TokenFor): Work => {
  const { clock, store, settings } = parts;
  const record = recordAccess(parts);
  return async ({ tenantId, subjectId }, signal) => {
    const row = await store.asTenant(tenantId, (rows) => rows.tokens.find(subjectId));
    const scope = nameOfScopes(row?.scopes ?? []);
    const askedAt = clock.now();
    const isUsed = row?.usedAt !== undefined && askedAt.getTime() - row.usedAt.getTime() < usedLatelyMs;
    if (!row || scope === '' || row.consentId !== undefined || !isUsed) return undefined;
    try {
      await tokenFor({ tenantId, scope, resource: row.resource, renew: true }, signal);
    } catch (error) {
      if (!(error instanceof Problem) || fateOf(error) !== 'blocked') throw error;
      // Our client is refused, and not the tenant's access: what was fetched with it stays good to its end.
      if (clientRefusals.includes(error.code)) return { nextAt: new Date(clock.now().getTime() + refusedAgainMs) };
      const problem = linkedProblem(settings, error);
      await store.asTenant(tenantId, async (rows) => {
        if (row.fetchedAt) await rows.tokens.drop(row.id, row.fetchedAt);
        await record(rows, { kind: 'scope', name: scope, askedAt, problem });
      });
    }
    return undefined;
  };
};
