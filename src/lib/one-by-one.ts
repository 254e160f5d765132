import type { Group } from './coalesce.ts';

export type Settled<R> = { result: R } | { error: unknown };

/**
 * Answers for many asks at once. Where that fails because one of them is at fault, and none was done, each is asked by
 * itself, so that the others succeed.
 *
 * @param isOfOne did it fail because of what was asked?
 */
export const oneByOne = <A, R>(
  run: (groups: readonly Group<A>[]) => Promise<readonly (readonly R[])[]>,
  isOfOne: (error: unknown) => boolean,
): ((groups: readonly Group<A>[]) => Promise<Settled<R>[][]>) => {
  const settled = async (groups: readonly Group<A>[]): Promise<Settled<R>[][]> => {
    try {
      return (await run(groups)).map((results) => results.map((result) => ({ result })));
    } catch (error) {
      const many = groups.length > 1 || (groups[0]?.asks.length ?? 0) > 1;
      if (!many || !isOfOne(error)) return groups.map(({ asks }) => asks.map(() => ({ error })));
    }
    const all: Settled<R>[][] = [];
    for (const { key, asks } of groups) {
      const each: Settled<R>[] = [];
      for (const ask of asks) each.push(...(await settled([{ key, asks: [ask] }])).flat());
      all.push(each);
    }
    return all;
  };
  return settled;
};
