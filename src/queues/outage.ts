import type { Log } from '../lib/log.ts';

export type Outage = {
  /** Another sign of it: the first is told, the others are counted. */
  noted(error: unknown): void;
  /** All is well. Told once, when it was not. */
  over(): void;
};

/** While it lasts it is told of again so often. */
const againMs = 5 * 60_000;
/** After so long without a sign, the next one is of something new. */
const quietMs = 30_000;

/** What fails each second while something is away makes one line when it goes and one when it is back. */
export const openOutage = (log: Log, fields: object, gone: string, back: string): Outage => {
  let since: number | undefined;
  let [toldAt, seenAt, times] = [0, 0, 0];
  return {
    noted(error) {
      const now = performance.now();
      if (now - seenAt > quietMs) {
        since = undefined;
        times = 0;
      }
      seenAt = now;
      times += 1;
      if (since !== undefined && now - toldAt < againMs) return;
      since ??= now;
      toldAt = now;
      log.warn({ ...fields, error, ...(times > 1 ? { times } : {}) }, gone);
    },
    over() {
      if (since === undefined) return;
      log.info({ ...fields, times, seconds: Math.round((performance.now() - since) / 1000) }, back);
      since = undefined;
      times = 0;
    },
  };
};
