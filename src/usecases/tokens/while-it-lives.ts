import type { Clock } from '../../lib/clock.ts';

/** A token is not begun with when it ends that soon. */
export const marginMs = 15_000;

/**
 * What was fetched last, for as long as it lives. Several may find it ended at once: the first of them asks for the next, and
 * the others wait for that. A failure is everybody's who waited, and the next to come asks anew.
 */
export const whileItLives = <Asked extends unknown[], T extends { expiresAt: Date }>(
  clock: Pick<Clock, 'now'>,
  fetch: (...asked: Asked) => Promise<T>,
): ((...asked: Asked) => Promise<T>) => {
  let current: Promise<T> | undefined;
  return async (...asked) => {
    const held = current;
    const known = await held?.catch(() => undefined);
    if (known && known.expiresAt.getTime() - clock.now().getTime() > marginMs) return known;
    if (current !== held && current) return current;
    current = fetch(...asked);
    return current;
  };
};
