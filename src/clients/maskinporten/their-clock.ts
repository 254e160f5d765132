import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';

/** From here on grants are made by their time. Maskinporten bears ten seconds; less than this is the error of looking. */
const bearableMs = 2000;
/** Once different, clocks agree again only well below, so that nothing goes to and fro. */
const agreeingMs = 1000;
/** `Date` leaves out what is past the second. An answer that took so long tells no more than that nothing has changed. */
const sharpMs = 3000;

export type TheirClock = {
  /** What their clock showed in an answer that came just now to what was asked at `askedAt`, by our clock. */
  note(date: Date | undefined, askedAt: Date): void;
  /** How far theirs is ahead of ours (behind when negative); undefined while nobody has shown it. */
  offsetMs(): number | undefined;
  /** The same where it matters, and else 0: what is added to our time to get theirs. */
  correctionMs(): number;
};

/**
 * Maskinporten's clock as its answers show it. Ours may be wrong, or theirs: what they check must be dated by theirs all the
 * same. The log hears of it when it begins, when it changes and when it is over, not at each call.
 */
export const openTheirClock = ({ clock, log }: { clock: Clock; log: Log }): TheirClock => {
  let offsetMs: number | undefined;
  let differs = false;
  let toldMs = 0;

  const correctionMs = (): number => (differs ? (offsetMs ?? 0) : 0);

  const tell = (): void => {
    const fields = { clockOffsetMs: offsetMs };
    if (differs && Math.abs(correctionMs() - toldMs) > bearableMs) {
      toldMs = correctionMs();
      log.error(fields, 'maskinporten: our clock and theirs differ; grants are made by theirs until ours is set');
    } else if (!differs && toldMs !== 0) {
      toldMs = 0;
      log.info(fields, 'maskinporten: our clock and theirs agree again');
    }
  };

  return {
    note(date, askedAt) {
      if (!date) return;
      // Their time was between `date` and a second later at a moment between asking and now, by ours.
      const least = date.getTime() - clock.now().getTime();
      const most = date.getTime() + 1000 - askedAt.getTime();
      const known = offsetMs ?? 0;
      // The other way round our own clock was set meanwhile.
      if (most < least || (most - least > sharpMs && least <= known && known <= most)) return;
      offsetMs = Math.round((least + most) / 2);
      differs = Math.abs(offsetMs) > (differs ? agreeingMs : bearableMs);
      tell();
    },
    offsetMs: () => offsetMs,
    correctionMs,
  };
};
