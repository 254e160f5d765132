type Waiting<A, R> = { ask: A; resolve: (result: R) => void; reject: (error: unknown) => void };

export type Group<A> = { key: string; asks: readonly A[] };

/**
 * `lanes`: calls under way at most. `most`: groups in one call, and asks in one group. `wide`: the asks of so many groups
 * make a call worth a second lane, or of fewer when no more wait; 1 unless told.
 */
type Options = { lanes: number; most: { groups: number; asks: number }; wide?: number };

/**
 * Many become one: those that come in one turn of the event loop, or while a call is under way, share the next call,
 * grouped by their key. Whoever comes to an idle lane waits for the end of the turn only. A second lane opens when what
 * waits would fill a call: fewer, larger calls do more. Groups take turns, so that one with a hundred thousand asks delays
 * another by no more than a call or two. A call that fails fails for all in it.
 *
 * @param run gets groups in the order of their keys; answers for each as many results as it has asks, in their order
 */
export const coalesced = <A, R>(
  run: (groups: readonly Group<A>[]) => Promise<readonly (readonly R[])[]>,
  { lanes, most, wide = 1 }: Options,
): ((key: string, ask: A) => Promise<R>) => {
  const queue = new Map<string, Waiting<A, R>[]>();
  let asked = 0;
  let busy = 0;
  let starting = false;

  /** The groups that have waited longest; what is left of one goes to the end. */
  const take = () => {
    const taken: { key: string; waiting: Waiting<A, R>[] }[] = [];
    for (const [key, waiting] of [...queue].slice(0, most.groups)) {
      queue.delete(key);
      const first = waiting.splice(0, most.asks);
      asked -= first.length;
      taken.push({ key, waiting: first });
      if (waiting.length > 0) queue.set(key, waiting);
    }
    return taken.sort((a, b) => (a.key < b.key ? -1 : 1));
  };

  const call = async () => {
    const taken = take();
    try {
      const results = await run(taken.map(({ key, waiting }) => ({ key, asks: waiting.map(({ ask }) => ask) })));
      for (const [group, { waiting }] of taken.entries())
        for (const [place, { resolve }] of waiting.entries()) resolve(results[group]?.[place] as R);
    } catch (error) {
      for (const { waiting } of taken) for (const { reject } of waiting) reject(error);
    }
    busy -= 1;
    next();
  };

  /** At the end of the turn, so that all of it share a call. */
  const next = () => {
    const full = queue.size >= most.groups || asked >= most.asks * Math.min(queue.size, wide);
    if (queue.size === 0 || starting || busy >= (full ? lanes : 1)) return;
    starting = true;
    setImmediate(() => {
      starting = false;
      busy += 1;
      void call();
      next();
    });
  };

  return (key, ask): Promise<R> =>
    new Promise((resolve, reject) => {
      const waiting = queue.get(key);
      if (waiting) waiting.push({ ask, resolve, reject });
      else queue.set(key, [{ ask, resolve, reject }]);
      asked += 1;
      next();
    });
};
