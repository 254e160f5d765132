import type { Access } from '../../domain/access.ts';
import { accessBelievedMs } from '../../domain/pace.ts';
import { fateOf, Problem } from '../../domain/problem.ts';
import type { ClientWithKeys, Parts } from '../memory.ts';
import { holdersOf } from '../tokens/find-client.ts';
import type { TokenFor } from '../tokens/known-token.ts';
import { linkedProblem } from './problem-link.ts';
import { recordAccess } from './record-access.ts';

/** Was there a token for that scope lately, so that it is believed to be given still? */
const isProved = (known: readonly Access[], scope: string, now: Date): boolean => {
  const access = known.find(({ kind, name }) => kind === 'scope' && name === scope);
  return access?.state === 'granted' && now.getTime() - (access.checkedAt?.getTime() ?? 0) < accessBelievedMs;
};

/**
 * Asks nobody in vain: is there a token for each of these scopes? What is known to be missing is not asked again (a probe
 * does that); what was proved lately is believed. Answers the first access row that is missing, or nothing.
 *
 * @throws Problem that is neither the tenant's, the API owner's nor the operator's to mend
 */
export const proveAccess =
  (parts: Parts, tokenFor: TokenFor) =>
  async (
    tenantId: string,
    known: readonly Access[],
    scopes: readonly string[],
    signal: AbortSignal,
  ): Promise<Access | undefined> => {
    const now = parts.clock.now();
    for (const scope of new Set(scopes)) {
      const access = known.find(({ kind, name }) => kind === 'scope' && name === scope);
      if (access?.state === 'missing') return access;
      if (isProved(known, scope, now)) continue;
      const missing = await findOut(parts, tokenFor)(tenantId, scope, signal);
      if (missing.state === 'missing') return missing;
    }
    return undefined;
  };

/** Is nobody asked for this scope, since Maskinporten refuses each client that holds it? */
const isStopped = (clients: readonly ClientWithKeys[], ownScopes: string, scope: string): boolean => {
  const { holders } = holdersOf(clients, ownScopes, scope);
  return holders.length > 0 && holders.every(({ stoppedAt }) => stoppedAt !== undefined);
};

/** Asks Maskinporten for a token with that scope alone, and notes the answer; `anew` also when it was refused a moment ago. */
export const findOut = (parts: Parts, tokenFor: TokenFor) => {
  const { clock, store, memories, settings } = parts;
  const record = recordAccess(parts);
  return async (tenantId: string, scope: string, signal: AbortSignal, anew = false): Promise<Access> => {
    const askedAt = clock.now();
    const wasStopped = isStopped(await memories.clients(), settings.ownScopes, scope);
    const refused = await tokenFor({ tenantId, scope, anew }, signal).then(
      () => undefined,
      (error: unknown) => {
        if (error instanceof Problem && fateOf(error) === 'blocked') return error;
        throw error;
      },
    );
    const problem = refused && linkedProblem(settings, refused);
    const access = await store.asTenant(tenantId, (rows) =>
      record(rows, { kind: 'scope', name: scope, askedAt, ...(problem ? { problem } : {}) }),
    );
    // Whoever starts a client again probes all that it left without a token. What was noted a moment later, by one that
    // had not heard of it yet, would be passed over.
    if (!problem || !wasStopped) return access;
    if (!isStopped(await store.asOperator((rows) => rows.clients.list()), settings.ownScopes, scope)) {
      const now = clock.now();
      await store.asTenant(tenantId, (rows) => rows.outbox.owe('probe-access', access.id, now, now));
    }
    return access;
  };
};
