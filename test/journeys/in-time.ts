import type { World } from '../support/hub-test.ts';
import { until } from '../support/until.ts';

export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

/** Moves time on by a little at once, as often as it takes, and never while something is under way. */
export const inTime = (
  world: Pick<World, 'settled' | 'sandbox'>,
  what: string,
  stepMs: number,
  look: () => Promise<boolean>,
): Promise<true> =>
  until(what, async () => {
    if (await look()) return true;
    await world.settled();
    if (await look()) return true;
    await world.sandbox.advance(stepMs);
    return false;
  });
