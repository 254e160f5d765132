import { fromKept, Problem } from '../../domain/problem.ts';
import { problems } from '../../domain/problems.ts';
import { sharedAsks } from '../../lib/shared-asks.ts';
import { problemLink } from '../access/problem-link.ts';
import type { Parts } from '../memory.ts';
import type { TokenRow } from '../token-store-port.ts';
import { waitFor } from '../wait.ts';
import { knownToken, openToken, type ReadyToken, type TokenNeed } from './known-token.ts';

/** A token, and where it was found. */
type Found = { ready: ReadyToken; from: 'memory' | 'row' | 'fetched' };

/** How long a caller waits for a worker to fetch a token. */
const patienceMs = 10_000;

/**
 * A token for a tenant's app. The API never speaks to Maskinporten: what is not there is owed to a worker and waited for.
 * However many of a process want the same one at once, they look, owe and wait together.
 *
 * @throws Problem the refusal as the worker met it, with the link for whoever must act; `token-not-ready`
 */
export const awaitToken = (parts: Parts) => {
  const { clock, store, notices, tokenMetrics } = parts;
  const known = knownToken(parts);
  const withLink = (error: unknown): unknown => {
    if (!(error instanceof Problem)) return error;
    const { link } = problemLink(parts.settings, problems[error.code].mover);
    return new Problem(error.code, error.detail, { ...error.more, link: link ?? error.more.link });
  };
  const shared = sharedAsks<Found>(
    (error) => error instanceof Problem && error.code === 'token-not-ready',
    tokenMetrics.joined,
  );

  const fetched = async (need: TokenNeed): Promise<Found> => {
    const found = await known(need);
    if ('ready' in found) return found;
    const { id, failedUntil: before } = found.row;
    const asked = clock.now();
    // What this process knows of the tenant may be a moment old; its work rests, and the caller would wait in vain.
    if (!(await store.oweForWaiting(need.tenantId, 'fetch-token', id, asked)))
      throw new Problem('tenant-suspended', 'The operator has suspended this tenant');
    // Noted since, whatever the clock of whoever noted it shows.
    const isRefused = ({ failure, failedUntil }: TokenRow): boolean =>
      failure !== undefined && failedUntil !== undefined && failedUntil.getTime() !== before?.getTime();
    const row = await waitFor(notices, {
      topic: `token:${id}`,
      timeoutMs: patienceMs,
      tenantId: need.tenantId,
      look: () => store.findToken(need.tenantId, id),
      // A row that is gone was taken back: the consent has ended, or the tenant was suspended.
      isEnough: (latest) => latest === undefined || openToken(parts, latest) !== undefined || isRefused(latest),
    });
    const ready = row && openToken(parts, row);
    if (ready) return { ready, from: 'fetched' };
    if (row?.failure && isRefused(row)) throw fromKept(row.failure);
    throw new Problem('token-not-ready', 'No worker has fetched the token yet', { retryAfterSeconds: 2 });
  };

  return async (need: TokenNeed): Promise<ReadyToken> => {
    const { tenantId, scope, resource, consentId } = need;
    try {
      const name = JSON.stringify([tenantId, scope, resource, consentId]);
      const { ready, from } = await shared(name, () => fetched(need));
      tokenMetrics.handedOut(from, ready.expiresAt.getTime() - clock.now().getTime());
      return ready;
    } catch (error) {
      tokenMetrics.refused();
      throw withLink(error);
    }
  };
};
