import type { Clock } from '../../lib/clock.ts';
import type { Settings } from '../settings.ts';

/** Maskinporten's own time: the sandbox's, so far ahead or behind as `clockSkewMs` says at the moment. */
export const skewedClock = (clock: Clock, settings: Pick<Settings, 'clockSkewMs'>): Clock => ({
  now: () => new Date(clock.now().getTime() + settings.clockSkewMs),
});
