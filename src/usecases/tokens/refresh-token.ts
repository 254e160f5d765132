import { isTheirs } from '../../domain/access.ts';
import { clientRefusals } from '../../domain/client-keys.ts';
import { fateOf, Problem } from '../../domain/problem.ts';
import { isUsedLately, lifeOf, renewalOf } from '../../domain/renewals.ts';
import { nameOfScopes } from '../../domain/token.ts';
import { linkedProblem } from '../access/problem-link.ts';
import { recordAccess } from '../access/record-access.ts';
import type { Parts } from '../memory.ts';
import type { TokenRow } from '../token-store-port.ts';
import type { Work } from '../use-cases.ts';
import type { TokenFor } from './known-token.ts';
import { paceRenewals } from './pace-renewals.ts';

/** While our client is stopped nobody is asked, so that looking again costs little. */
const refusedAgainMs = 10_000;
/** Somebody else was about to renew it: look again whether they have. They may have died. */
const lookAgainMs = 2000;

/**
 * Fetches a token anew before it ends, where it was used lately, so that its tenant's apps never wait for one. One that
 * nobody uses is left to die; one that carries a consent is never fetched ahead.
 *
 * Refused because the tenant or the API's owner took access away, the old one is forgotten at once: it would be good for a
 * while, and is not ours to use. Refused for good, it is left to end. Any other failure leaves it, and this work stays owed.
 */
export const refreshToken = (parts: Parts, tokenFor: TokenFor): Work => {
  const { clock, store, settings, log } = parts;
  const record = recordAccess(parts);
  const pace = paceRenewals(parts);

  /** Renewed already, by whoever could not wait for this. */
  const notBefore = (row: TokenRow): Date | undefined => {
    const { id, lifeSeconds, fetchedAt, expiresAt } = row;
    if (!fetchedAt || !expiresAt) return undefined;
    const token = { id, lifeSeconds, fetchedAt, expiresAt };
    const dueAt = renewalOf({ ...token, lifeSeconds: lifeOf(token) }, settings.renewAt);
    return dueAt > clock.now() ? dueAt : undefined;
  };

  return async ({ tenantId, subjectId }, signal) => {
    await pace.evenOut({ tenantId, id: subjectId });
    const row = await store.findToken(tenantId, subjectId);
    const scope = nameOfScopes(row?.scopes ?? []);
    const askedAt = clock.now();
    if (!row?.fetchedAt || scope === '' || row.consentId !== undefined) return undefined;
    if (!isUsedLately(row.usedAt, askedAt)) return undefined;
    const nextAt = notBefore(row) ?? (await pace.moment(row));
    if (nextAt) return { nextAt };
    try {
      const { fetchedAt } = await tokenFor({ tenantId, scope, resource: row.resource, renew: row.fetchedAt }, signal);
      if (fetchedAt > row.fetchedAt) return undefined;
      return { nextAt: new Date(clock.now().getTime() + lookAgainMs) };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (fateOf(error) === 'final') {
        log.warn(
          { tenantId, tokenId: subjectId, problem: error.code },
          'a token was refused for good, and is left to end',
        );
        return undefined;
      }
      // Our client is refused, and not the tenant's access: what was fetched with it stays good to its end.
      if (clientRefusals.includes(error.code)) return { nextAt: new Date(clock.now().getTime() + refusedAgainMs) };
      const problem = linkedProblem(settings, error);
      if (!isTheirs(problem)) throw error;
      await store.asTenant(tenantId, async (rows) => {
        if (row.fetchedAt) await rows.tokens.drop(row.id, row.fetchedAt);
        await record(rows, { kind: 'scope', name: scope, askedAt, problem });
      });
    }
    return undefined;
  };
};
