import { isInForce } from '../../domain/consent.ts';
import { fateOf, keptProblem, Problem } from '../../domain/problem.ts';
import { nextRenewalOf, renewalOf, steadyLife } from '../../domain/renewals.ts';
import { openParties } from '../consents/parties.ts';
import { upstreamRights } from '../consents/upstream.ts';
import type { Parts } from '../memory.ts';
import type { IssuedToken } from '../ports.ts';
import { waitFor } from '../wait.ts';
import { askMaskinporten, type ClientAsk } from './ask-maskinporten.ts';
import { consentTokenOfAltinn2 } from './consent-token.ts';
import {
  type Known,
  knownToken,
  openToken,
  type ReadyToken,
  type TokenFor,
  type TokenNeed,
  tokenPlace,
} from './known-token.ts';

/** The right to fetch lapses by itself when its holder dies; sooner where leases of work do too. */
const longestLeaseMs = 20_000;

/** How long a refusal is believed, so that those who come meanwhile do not ask the same again. */
const believedMs = { again: 1000, blocked: 10_000, final: 5000 } as const;

/**
 * A token for a tenant, in a worker: from memory, from its row, or from Maskinporten. One holder at a time fetches it,
 * over all processes; the others wait for the row and are woken.
 *
 * @throws Problem by the table of refusals; `maskinporten-unavailable` when no answer came in time
 */
export const tokenFor = (parts: Parts): TokenFor => {
  const { clock, store, notices, memories, sealing, settings } = parts;
  const leaseMs = Math.min(longestLeaseMs, settings.leaseMs ?? longestLeaseMs);
  const known = knownToken(parts);
  const maskinporten = askMaskinporten(parts);

  const issue = async (
    tenantId: string,
    { spec, consumer, by }: Exclude<Known, { ready: ReadyToken }>,
    signal: AbortSignal,
  ): Promise<IssuedToken> => {
    const { scopes, resource, consentId } = spec;
    const ask: ClientAsk = { scopes, consumer, resource };
    if (consentId === undefined) return maskinporten.request(by.client, ask, signal);
    const found = await store.findConsent(tenantId, consentId);
    if (!found?.partySealed || !isInForce(found.consent, clock.now()))
      throw new Problem('consent-not-usable', 'The consent is not in force, or its person was erased');
    const { generation, upstreamId: id = consentId } = found.consent;
    if (generation === 'altinn2') return atAltinn2(found, consumer, signal);
    const { from } = openParties(sealing, tenantId, consentId, found.partySealed);
    const rights = upstreamRights(found.consent, await memories.services());
    return maskinporten.request(by.client, { ...ask, consent: { id, from, rights } }, signal);
  };

  const fetchHolding = async (
    { tenantId, renew }: TokenNeed,
    found: Exclude<Known, { ready: ReadyToken }>,
    lease: number,
    signal: AbortSignal,
  ): Promise<ReadyToken> => {
    const { id, consentId } = found.row;
    const askedAt = clock.now();
    try {
      const issued = await issue(tenantId, found, signal);
      const sealed = sealing.seal(tokenPlace(tenantId, id), issued.token);
      const ready: ReadyToken = { ...issued, id, fetchedAt: clock.now() };
      const { expiresAt, fetchedAt } = ready;
      const lifeSeconds = steadyLife(found.row.lifeSeconds, (expiresAt.getTime() - askedAt.getTime()) / 1000);
      const dueAt = (renew ? nextRenewalOf : renewalOf)({ id, lifeSeconds, fetchedAt, expiresAt }, settings.renewAt);
      // One that carries a consent is fetched when it is wanted, and never ahead.
      const renewal = consentId === undefined ? { renewAt: dueAt } : {};
      const came = await store.keepToken(found.row, lease, { sealed, expiresAt, fetchedAt, lifeSeconds, ...renewal });
      if (came === 'ended')
        throw new Problem('consent-not-usable', 'The consent ended while its token was being fetched');
      // Not refused: it is fetched when the tenant goes on.
      if (came === 'suspended')
        throw new Problem('token-not-ready', 'The tenant was suspended while its token was being fetched');
      return ready;
    } catch (error) {
      const problem =
        error instanceof Problem ? error : new Problem('internal', 'The token could not be fetched', { cause: error });
      const until = new Date(clock.now().getTime() + believedMs[fateOf(problem)]);
      await store.failToken(tenantId, id, lease, keptProblem(problem), until);
      throw error;
    }
  };

  const fetched: TokenFor = async (need, signal) => {
    for (;;) {
      signal.throwIfAborted();
      const found = await known(need);
      if ('ready' in found) return found.ready;
      const { id, failedUntil: before, fetchedAt } = found.row;
      const lease = await store.leaseToken(need.tenantId, id, leaseMs, fetchedAt);
      if (lease !== undefined) return fetchHolding(need, found, lease, signal);
      // Somebody else renews it already, and this one is good until they have.
      const good = need.renew ? openToken(parts, found.row) : undefined;
      if (good) return good;
      // Somebody else is fetching it: look again when told, or when their lease may have lapsed.
      await waitFor(notices, {
        topic: `token:${id}`,
        timeoutMs: 2000,
        look: () => store.findToken(need.tenantId, id),
        isEnough: (row) => {
          const refused =
            row?.failedUntil && row.failedUntil > clock.now() && row.failedUntil.getTime() !== before?.getTime();
          return row !== undefined && (openToken(parts, row) !== undefined || Boolean(refused));
        },
      });
    }
  };
  const atAltinn2 = consentTokenOfAltinn2(parts, fetched);
  return fetched;
};
