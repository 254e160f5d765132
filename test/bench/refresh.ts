import { type Figure, round } from './figure.ts';
import type { Ground } from './ground.ts';
import { renewedForReal } from './refresh/for-real.ts';
import { renewedInMemory } from './refresh/in-memory.ts';
import { rateTold } from './refresh/rate.ts';

/**
 * Renewals of tokens in use, in virtual time: how often an app had to wait all the same (never), and how often each token
 * was fetched for an interval (once). The worse of two runs: the rules alone, and the whole hub with fewer tenants.
 */
export const refresh = async (_: Ground, wants: (name: string) => boolean): Promise<Figure[]> => {
  const names = { cold: 'refresh.cold_misses', fetches: 'refresh.fetches_per_interval' };
  if (!Object.values(names).some(wants)) return [];
  const runs = [renewedInMemory(10_000), await renewedForReal(1000)];
  const coldMisses = runs.reduce((sum, run) => sum + run.coldMisses, 0);
  const perInterval = Math.max(...runs.map((run) => run.perInterval));
  const details = runs.flatMap((run) => [
    run.told,
    `${round(run.perInterval, 3)} fetches per interval of ${run.intervalMs / 1000} s; ${rateTold(run)}`,
  ]);
  const figures: Figure[] = [
    { name: names.cold, value: coldMisses, unit: 'misses', ceiling: 0, ratio: coldMisses === 0 ? 1 : 0, details },
    {
      name: names.fetches,
      value: round(perInterval, 3),
      unit: 'fetches',
      ceiling: 1,
      ratio: round(1 / perInterval, 2),
      details: ['ceiling: one for each interval, none ahead of its time'],
    },
  ];
  return figures.filter(({ name }) => wants(name));
};
