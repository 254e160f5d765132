import type { Notices } from './ports.ts';

/** However good the notices are: whoever waits looks by itself so often. */
const sweepMs = 500;

/**
 * Looks until `look` finds something or the time is over, woken by notices of the topic. Holds no database connection
 * while it waits. The first look comes after the listening has begun, so nothing falls between.
 */
export const waitFor = async <T>(
  notices: Notices,
  topic: string,
  timeoutMs: number,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> => {
  let wake = () => {};
  let woken = false;
  const stop = notices.on(topic, () => {
    woken = true;
    wake();
  });
  const until = performance.now() + timeoutMs;
  try {
    for (;;) {
      woken = false;
      const found = await look();
      const left = until - performance.now();
      if (found !== undefined || left <= 0) return found;
      if (!woken)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, Math.min(left, sweepMs));
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
    }
  } finally {
    stop();
  }
};
