/**
 * Does this for each, so many at once, in their order; begins no more once `stop` is aborted, and finishes those under way.
 * Answers how many were done. What fails ends it likewise, and is thrown when the others have finished.
 */
export const fewAtOnce = async <T>(
  items: readonly T[],
  many: number,
  work: (item: T, place: number) => Promise<void>,
  stop?: AbortSignal,
): Promise<number> => {
  let next = 0;
  let done = 0;
  const failures: unknown[] = [];
  const lane = async () => {
    while (next < items.length && failures.length === 0 && !stop?.aborted) {
      const place = next;
      next += 1;
      try {
        await work(items[place] as T, place);
        done += 1;
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(many, items.length) }, lane));
  if (failures.length > 0) throw failures[0];
  return done;
};
