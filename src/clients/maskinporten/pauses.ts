import type { Clock } from '../../lib/clock.ts';

/** However long somebody asks for: a header that is wrong must not stop a client for a day. */
export const longestPauseSeconds = 60;

export type Pauses = {
  /** Lets a client rest. False when it rests already: what was sent before is told the same. */
  begin(clientId: string, seconds: number): boolean;
  /** How long it rests still. */
  leftMs(clientId: string): number;
};

/** Clients of ours that Maskinporten told to come back later (429 with `Retry-After`). The others go on. */
export const openPauses = ({ clock }: { clock: Clock }): Pauses => {
  const until = new Map<string, number>();
  const leftMs = (clientId: string): number => {
    const left = (until.get(clientId) ?? 0) - clock.now().getTime();
    // Further away than any pause is long: our clock was set back.
    if (left > 0 && left <= longestPauseSeconds * 1000) return left;
    until.delete(clientId);
    return 0;
  };
  return {
    begin(clientId, seconds) {
      if (leftMs(clientId) > 0) return false;
      until.set(clientId, clock.now().getTime() + Math.min(longestPauseSeconds, seconds) * 1000);
      return true;
    },
    leftMs,
  };
};
