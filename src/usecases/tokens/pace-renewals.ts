import { behindMs, catchUpPerSecond, evenedOut, nearMs, spacingMs } from '../../domain/renewal-pace.ts';
import { lifeOf, periodMs, usedSince } from '../../domain/renewals.ts';
import { usableUntil } from '../../domain/token.ts';
import { coalesced } from '../../lib/coalesce.ts';
import type { Parts } from '../memory.ts';
import type { OwedRenewal } from '../token-store-port.ts';

/** A process looks so often whether renewals are behind, and evens them out no oftener than the other. */
const lookEveryMs = 1000;
const evenOutEveryMs = 10_000;

type Renewal = { tenantId: string; id: string };

/** Renewals that would begin at once share one statement for their client. */
const together = { groups: 16, asks: 200 };

/**
 * What keeps the rate at Maskinporten even: `evenOut` after a standstill, and a `moment` for each renewal, so many a second
 * for each client over all processes.
 */
export const paceRenewals = ({ clock, store, settings, log }: Pick<Parts, 'clock' | 'store' | 'settings' | 'log'>) => {
  const { renewAt, refreshPerSecond } = settings;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let evenedAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;
  /** Moments of those that could not be moved, since they were handed out. */
  const places = new Map<string, Date>();

  const owedBy = (renewals: readonly OwedRenewal[]) => {
    const all = renewals.map((renewal) => ({
      ...renewal,
      periodMs: periodMs(lifeOf(renewal), renewAt),
      usableUntil: usableUntil(renewal),
    }));
    return Map.groupBy(all, ({ clientId }) => clientId);
  };

  const look = async (now: Date, own: Renewal): Promise<void> => {
    const oldest = await store.renewals.oldestDueAt(own);
    if (!oldest || now.getTime() - oldest.getTime() < behindMs || now.getTime() - evenedAt < evenOutEveryMs) return;
    evenedAt = now.getTime();
    places.clear();
    for (const [clientId, owed] of owedBy(await store.renewals.owed(usedSince(now)))) {
      const moves = evenedOut(owed, now, refreshPerSecond);
      const tooLate = moves.filter(({ renewal, dueAt }) => renewal.usableUntil > now && renewal.usableUntil < dueAt);
      const fields = { clientId, perSecond: Math.round(catchUpPerSecond(owed, refreshPerSecond)) };
      const moved = await store.renewals.move(
        moves
          .filter(({ renewal }) => !renewal.isOut)
          .map(({ renewal: { tenantId, id, dueAt: was }, dueAt }) => ({ tenantId, id, was, dueAt })),
      );
      for (const { renewal, dueAt } of moves) if (!moved.has(renewal.id)) places.set(renewal.id, dueAt);
      log.info(
        { ...fields, owed: owed.length, moved: moved.size },
        'renewals of tokens were behind, and now go at an even pace',
      );
      if (tooLate.length > 0)
        log.warn({ ...fields, many: tooLate.length }, 'tokens in use will end before they are renewed');
    }
  };

  const take = coalesced<true, Date | undefined>(
    (clients) =>
      Promise.all(
        clients.map(async ({ key: clientId, asks }) => {
          const spacing = spacingMs(refreshPerSecond);
          const pace = { now: clock.now(), spacingMs: spacing, nearMs };
          const { many, fromMs } = await store.renewals.takeMoments(clientId, asks.length, pace);
          return asks.map((_, place) => (place < many ? undefined : new Date(Math.ceil(fromMs + place * spacing))));
        }),
      ),
    { lanes: 1, most: together },
  );

  return {
    /** Asked by each renewal; those that come while it is under way wait for the same. */
    evenOut(own: Renewal): Promise<void> {
      const now = clock.now();
      if (looking || now.getTime() - lookedAt < lookEveryMs) return looking ?? Promise.resolve();
      lookedAt = now.getTime();
      looking = look(now, own).finally(() => {
        looking = undefined;
      });
      return looking;
    },
    /** Undefined when the renewal of this token may begin; else when to come again. */
    async moment({ id, clientId }: { id: string; clientId: string }): Promise<Date | undefined> {
      const place = places.get(id);
      places.delete(id);
      return place && place.getTime() > clock.now().getTime() + nearMs ? place : take(clientId, true);
    },
  };
};
