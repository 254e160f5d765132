import { isTheirs } from '../../domain/access.ts';
import { keptProblem, Problem } from '../../domain/problem.ts';
import { nameOfScopes } from '../../domain/token.ts';
import { linkedProblem } from '../access/problem-link.ts';
import { recordAccess } from '../access/record-access.ts';
import type { Parts } from '../memory.ts';
import type { TokenRow } from '../token-store-port.ts';
import type { Work } from '../use-cases.ts';
import { isOffered } from './is-offered.ts';
import type { ReadyToken, TokenFor } from './known-token.ts';

/** Long enough for those who wait to read it. */
const believedMs = 1000;

/**
 * Fetches what an API process asked for on a tenant's behalf. A refusal is kept in the token's row, where the asker reads
 * it: no second try here. Where it shows that access is not what it was known to be, that is noted like any other look.
 *
 * What workers need for themselves they fetch without this job. So whatever is asked for here will be handed out, and must
 * be what may be: an API process, which faces the world, is not believed.
 */
export const fetchToken = (parts: Parts, tokenFor: TokenFor): Work => {
  const { clock, store, memories, settings, log } = parts;
  const record = recordAccess(parts);

  /** Mostly it tells nothing new, and then nothing is written. */
  const noteAccess = async (tenantId: string, scope: string, askedAt: Date, found: ReadyToken | Problem) => {
    const known = (await store.listAccess(tenantId)).find(({ kind, name }) => kind === 'scope' && name === scope);
    if (!known || known.state === 'unknown') return;
    const problem = found instanceof Problem ? linkedProblem(settings, found) : undefined;
    const isNews =
      found instanceof Problem
        ? isTheirs(problem) && !isTheirs(known.problem)
        : known.state === 'missing' && found.fetchedAt >= known.since;
    if (!isNews) return;
    const what = { kind: 'scope', name: scope, askedAt, ...(problem ? { problem } : {}) } as const;
    await store.asTenant(tenantId, (rows) => record(rows, what));
  };

  const mayLeave = async ({ tenantId, consentId }: TokenRow, scope: string): Promise<boolean> => {
    if (consentId === undefined) {
      const known = await memories.tenant.get(tenantId);
      return isOffered(parts, known?.tenant.services ?? [], scope);
    }
    const found = await store.asTenant(tenantId, (rows) => rows.consents.find(consentId));
    // Its consent token, and not the token that it is fetched with.
    if (found?.consent.generation === 'altinn2') return scope === settings.altinn2.tokenScope;
    return isOffered(parts, found?.consent.rights.map(({ service }) => service) ?? [], scope);
  };

  /** What this process knows may be a moment old: a service that was just offered, or asked for. */
  const mayLeaveNow = async (row: TokenRow, scope: string): Promise<boolean> => {
    if (await mayLeave(row, scope)) return true;
    memories.forget();
    return mayLeave(row, scope);
  };

  /** Refused before anybody was asked (a client that is stopped, or gone, or a scope that stays here): the asker looks in the row and nowhere else. */
  const tell = async ({ tenantId, id, fetchedAt, failedUntil: before }: TokenRow, problem: Problem): Promise<void> => {
    const now = clock.now();
    const row = await store.findToken(tenantId, id);
    if (row?.failedUntil?.getTime() !== before?.getTime()) return;
    const lease = await store.leaseToken(tenantId, id, believedMs, fetchedAt);
    if (lease !== undefined)
      await store.failToken(tenantId, id, lease, keptProblem(problem), new Date(now.getTime() + believedMs));
  };

  return async ({ tenantId, subjectId }, signal) => {
    const row = await store.findToken(tenantId, subjectId);
    const scope = nameOfScopes(row?.scopes ?? []);
    if (!row || scope === '') return undefined;
    if (!(await mayLeaveNow(row, scope))) {
      log.warn({ tenantId, tokenId: subjectId, scope }, 'a token was asked for that the hub does not hand out');
      await tell(row, new Problem('scope-not-offered', `${scope} is not handed out to this tenant`));
      return undefined;
    }
    const need = {
      tenantId,
      scope,
      resource: row.resource,
      ...(row.consentId === undefined ? {} : { consentId: row.consentId }),
    };
    const askedAt = clock.now();
    // As it is now: what this process has at hand may have been dropped from the row where the asker looks.
    const found = await tokenFor({ ...need, anew: true }, signal).catch(async (error: unknown) => {
      if (!(error instanceof Problem)) throw error;
      await tell(row, error);
      return error;
    });
    if (row.consentId === undefined) await noteAccess(tenantId, scope, askedAt, found);
    return undefined;
  };
};
