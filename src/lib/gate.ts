/** Lets so many in at once; the rest wait their turn, and more than `mostWaiting` are turned away with what `full` makes. */
export const openGate = (width: number, mostWaiting: number, full: () => Error) => {
  const waiting: (() => void)[] = [];
  let free = width;
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (free > 0) free -= 1;
    else if (waiting.length >= mostWaiting) throw full();
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      // Whoever waited longest takes this place; it never becomes free in between.
      if (next) next();
      else free += 1;
    }
  };
};

export type Gate = ReturnType<typeof openGate>;
