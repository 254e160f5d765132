import { jobNames } from '../usecases/jobs.ts';
import type { Engine } from './engine.ts';

/** How full each corridor is. */
export const countAll = async (
  engine: Pick<Engine, 'counts'>,
): Promise<Record<string, { waiting: number; active: number }>> =>
  Object.fromEntries(await Promise.all(jobNames.map(async (job) => [job, await engine.counts(job)] as const)));
