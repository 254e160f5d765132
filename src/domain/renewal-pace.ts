import { openHeap } from '../lib/heap.ts';
import { easing } from './renewals.ts';

/** A moment so near is as good as now. */
export const nearMs = 100;

/** Moments lie so far apart that no second sees more renewals begin than that, those included that begin a little early. */
export const spacingMs = (mostPerSecond: number): number => (1000 + nearMs) / mostPerSecond;

/** However few tokens there are: so many renewals a second trouble nobody, and each would else wait long for the one before. */
const leastPerSecond = 2;

/** Renewals due longer ago than that have been kept waiting by a standstill, not by others a moment before them. */
export const behindMs = 2000;

/** A renewal that is owed. `usableUntil`: when the token at hand goes out of use. */
export type Owed = { dueAt: Date; periodMs: number; usableUntil: Date };

/**
 * How fast the renewals of a client go while they catch up. Late ones come back to their places by a part of a period each
 * time; were the pace another one, those that have caught up would meet those that have not.
 */
export const catchUpPerSecond = (owed: readonly Pick<Owed, 'periodMs'>[], mostPerSecond: number): number => {
  const usual = owed.reduce((sum, renewal) => sum + 1000 / renewal.periodMs, 0);
  return Math.min(0.9 * mostPerSecond, Math.max(leastPerSecond, usual / (1 - easing)));
};

/**
 * After a standstill: those that are overdue, and those that come due before all have caught up, get moments of their own at
 * an even pace. The token that ends first goes first. One that has ended already waits until all that can be saved are:
 * whoever wants it has it fetched anyhow.
 *
 * @param owed by one client, all of them
 * @returns those whose moment changes
 */
export const evenedOut = <R extends Owed>(
  owed: readonly R[],
  now: Date,
  mostPerSecond: number,
): { renewal: R; dueAt: Date }[] => {
  const spacing = 1000 / catchUpPerSecond(owed, mostPerSecond);
  const endOf = ({ usableUntil }: R) => (usableUntil > now ? usableUntil.getTime() : Number.POSITIVE_INFINITY);
  const waiting = openHeap<{ endMs: number; renewal: R }>((a, b) =>
    a.endMs === b.endMs ? a.renewal.dueAt < b.renewal.dueAt : a.endMs < b.endMs,
  );
  const coming = [...owed].sort((a, b) => b.dueAt.getTime() - a.dueAt.getTime());
  const moved: { renewal: R; dueAt: Date }[] = [];
  for (let at = now.getTime(); ; at += spacing) {
    for (let next = coming.at(-1); next && next.dueAt.getTime() <= at; next = coming.at(-1)) {
      waiting.push({ endMs: endOf(next), renewal: next });
      coming.pop();
    }
    const first = waiting.pop();
    // Nobody waits: all have caught up.
    if (!first) return moved;
    moved.push({ renewal: first.renewal, dueAt: new Date(Math.ceil(at)) });
  }
};
