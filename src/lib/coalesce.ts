/**
 * Many become one: while one call for a key is under way, those that come meanwhile wait and then share the next. An
 * idle key pays nothing for it; a busy one does its work in few large calls. A call that fails fails for all in it.
 */
export const coalesced = <K, A, R>(run: (key: K, asks: readonly A[]) => Promise<readonly R[]>, most: number) => {
  type Waiting = { ask: A; resolve: (result: R) => void; reject: (error: unknown) => void };
  const queues = new Map<K, Waiting[]>();

  const drain = async (key: K, queue: Waiting[]) => {
    while (queue.length > 0) {
      const batch = queue.splice(0, most);
      try {
        const results = await run(
          key,
          batch.map(({ ask }) => ask),
        );
        for (const [place, { resolve }] of batch.entries()) resolve(results[place] as R);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    queues.delete(key);
  };

  return (key: K, ask: A): Promise<R> =>
    new Promise((resolve, reject) => {
      const queue = queues.get(key);
      if (queue) {
        queue.push({ ask, resolve, reject });
        return;
      }
      const first = [{ ask, resolve, reject }];
      queues.set(key, first);
      void drain(key, first);
    });
};
