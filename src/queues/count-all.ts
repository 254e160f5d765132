import { jobNames } from '../usecases/jobs.ts';
import type { Engine } from './engine.ts';

/** Whoever asks because something is wrong gets an answer soon. */
const patienceMs = 2000;

const soon = <T>(work: Promise<T>): Promise<T | null> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, patienceMs, null);
  });
  return Promise.race([work.catch(() => null), late]).finally(() => clearTimeout(timer));
};

/** How full each corridor is; null while the queue engine does not answer. */
export const countAll = async (
  engine: Pick<Engine, 'counts'>,
): Promise<Record<string, { waiting: number; active: number } | null>> =>
  Object.fromEntries(await Promise.all(jobNames.map(async (job) => [job, await soon(engine.counts(job))] as const)));
