import type { Access } from '../../domain/access.ts';
import { clientRefusals } from '../../domain/client-keys.ts';
import { accessBelievedMs } from '../../domain/pace.ts';
import { fateOf, Problem } from '../../domain/problem.ts';
import { scopesNamed } from '../../domain/token.ts';
import { sharedAsks } from '../../lib/shared-asks.ts';
import type { ClientWithKeys, Parts } from '../memory.ts';
import { askMaskinporten } from '../tokens/ask-maskinporten.ts';
import { findClient, holdersOf } from '../tokens/find-client.ts';
import type { TokenFor, TokenNeed } from '../tokens/known-token.ts';
import { linkedProblem } from './problem-link.ts';
import { recordAccess } from './record-access.ts';

/** Was there a token for that scope lately, so that it is believed to be given still? */
const isProved = (known: readonly Access[], scope: string, now: Date): boolean => {
  const access = known.find(({ kind, name }) => kind === 'scope' && name === scope);
  return access?.state === 'granted' && now.getTime() - (access.checkedAt?.getTime() ?? 0) < accessBelievedMs;
};

/** Looks that came in so short a time are one. */
const momentMs = 1000;

/**
 * Asks nobody in vain: is there a token for each of these scopes? What is known to be missing is not asked again while others
 * wait for it (a probe does that), but asked once more for the first that would wait: it may have come since somebody looked.
 * What was proved lately is believed. Answers the first access row that is missing, or nothing.
 *
 * @throws Problem that is neither the tenant's, the API owner's nor the operator's to mend
 */
export const proveAccess = (parts: Parts, tokenFor: TokenFor) => {
  const { clock, store } = parts;
  const ask = findOut(parts, tokenFor);
  // Of many that come at once one asks.
  const together = sharedAsks<Access>(() => false);
  const isAwaited = ({ tenantId, id }: Access) =>
    store.asTenant(tenantId, async (rows) => (await rows.consents.oldestBlockedOn(id)) !== undefined);

  /** As it is by now, of what was missing when somebody last looked. */
  const lookAgain = async (access: Access, now: Date, signal: AbortSignal): Promise<Access> => {
    const isOld = now.getTime() - (access.checkedAt?.getTime() ?? 0) > momentMs;
    // What Maskinporten said of a client says nothing of the tenant, and nothing of a client that goes on since.
    const met = access.ownProblem ?? access.problem;
    const isOfClient = met !== undefined && clientRefusals.includes(met.code);
    if (!(isOld || isOfClient) || (await isAwaited(access))) return access;
    const { tenantId, name } = access;
    return together(access.id, () => ask(tenantId, name, signal, { anew: true }));
  };

  return async (
    tenantId: string,
    known: readonly Access[],
    scopes: readonly string[],
    signal: AbortSignal,
  ): Promise<Access | undefined> => {
    const now = clock.now();
    for (const scope of new Set(scopes)) {
      const access = known.find(({ kind, name }) => kind === 'scope' && name === scope);
      if (isProved(known, scope, now)) continue;
      const found =
        access?.state === 'missing'
          ? await lookAgain({ ...access, tenantId }, now, signal)
          : await ask(tenantId, scope, signal);
      if (found.state === 'missing') return found;
    }
    return undefined;
  };
};

/** Is nobody asked for this scope, since Maskinporten refuses each client that holds it? */
const isStopped = (clients: readonly ClientWithKeys[], ownScopes: string, scope: string): boolean => {
  const { holders } = holdersOf(clients, ownScopes, scope);
  return holders.length > 0 && holders.every(({ stoppedAt }) => stoppedAt !== undefined);
};

type How = {
  /** Also when it was refused a moment ago. */
  anew?: boolean;
  /** What was fetched before then is no answer. */
  after?: Date | undefined;
};

/** A question of its own, whatever is at hand or being fetched: a token that is good still tells of access as it was. */
const askOnly = (parts: Parts) => {
  const { request } = askMaskinporten(parts);
  const find = findClient(parts);
  return async (tenantId: string, scope: string, signal: AbortSignal): Promise<void> => {
    const known = await parts.memories.tenant.get(tenantId);
    if (!known) throw new Error('the tenant is gone');
    await request((await find(scope)).client, { scopes: scopesNamed(scope), consumer: known.tenant.orgno }, signal);
  };
};

/** Asks Maskinporten for a token with that scope alone, and notes the answer. */
export const findOut = (parts: Parts, tokenFor: TokenFor) => {
  const { clock, store, memories, settings } = parts;
  const record = recordAccess(parts);
  const askAlone = askOnly(parts);
  const ask = async (need: TokenNeed, after: Date | undefined, signal: AbortSignal): Promise<void> => {
    const { fetchedAt } = await tokenFor(need, signal);
    if (after && fetchedAt <= after) await askAlone(need.tenantId, need.scope, signal);
  };
  return async (
    tenantId: string,
    scope: string,
    signal: AbortSignal,
    { anew = false, after }: How = {},
  ): Promise<Access> => {
    const askedAt = clock.now();
    const wasStopped = isStopped(await memories.clients(), settings.ownScopes, scope);
    const refused = await ask({ tenantId, scope, anew }, after, signal).then(
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
