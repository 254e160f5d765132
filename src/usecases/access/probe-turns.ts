import type { Access } from '../../domain/access.ts';
import { keptTurn } from '../../domain/feed-pace.ts';
import { mostLooksAhead } from '../../domain/pace.ts';
import type { Parts } from '../memory.ts';

/**
 * A turn is good for so long after its moment. Of a worker that stood still, as many go out in one second as there are turns in
 * two, which at half the rate is the rate.
 */
const keptMs = 1000;

/** Looks that consents wait for go on at this pace, too, where nobody is to be looked at unasked. */
const leastPerSecond = 10;

/**
 * When this look's turn is, which may be now. Half the rate is for those that consents wait for: were three hundred banks
 * imported at once, theirs would else stand behind all of them.
 */
export const probeTurn =
  ({ store, settings }: Pick<Parts, 'store' | 'settings'>) =>
  async (access: Access, isAwaited: boolean, now: Date): Promise<Date> => {
    const pace = { everyMs: 2000 / (settings.probesPerSecond || leastPerSecond), most: mostLooksAhead };
    const name = isAwaited ? 'probe-access awaited' : 'probe-access';
    return keptTurn(access, now, pace.everyMs * pace.most, keptMs) ?? store.takeProbeTurn(access, name, now, pace);
  };
