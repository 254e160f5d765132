/**
 * So many have a turn at once, and the rest wait for theirs in the order they came. Whoever is given a turn says by what they
 * are given that it is over, once.
 */
export const openTurns = (width: number) => {
  const waiting = new Set<() => void>();
  let free = width;
  const leave = (): void => {
    const [next] = waiting;
    // Whoever waited longest takes this place; it never becomes free in between.
    if (next) next();
    else free += 1;
  };
  const wait = (ms: number, stop: AbortSignal): Promise<boolean> =>
    new Promise((resolve) => {
      const end = (hasTurn: boolean) => {
        waiting.delete(go);
        clearTimeout(timer);
        stop.removeEventListener('abort', giveUp);
        resolve(hasTurn);
      };
      const go = () => end(true);
      const giveUp = () => end(false);
      const timer = setTimeout(giveUp, ms);
      stop.addEventListener('abort', giveUp);
      waiting.add(go);
    });
  return {
    /** Undefined where no turn came in so many milliseconds, or before it was told to stop. */
    async take(ms: number, stop: AbortSignal): Promise<(() => void) | undefined> {
      if (stop.aborted) return undefined;
      if (free === 0) return (await wait(ms, stop)) ? leave : undefined;
      free -= 1;
      return leave;
    },
  };
};
