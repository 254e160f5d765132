import type { Config } from '../../config.ts';
import { silentLog } from '../../lib/log.ts';
import { countAll } from '../../queues/count-all.ts';
import { openEngine } from '../../queues/engine.ts';
import { jobNames } from '../../usecases/jobs.ts';
import { count, type Finding, ok } from './finding.ts';

/** Whether the queue engine can be used, and how full it is. Work is never lost with it: the backlog is in the database. */
export const examineQueues = async (config: Config, databaseUrl: string): Promise<Finding[]> => {
  const engine = await openEngine({
    redisUrl: config.redisUrl,
    databaseUrl,
    connections: 2,
    prefix: config.queuePrefix,
    log: silentLog,
  });
  try {
    const counts = Object.values(await countAll(engine)).filter((one) => one !== null);
    if (counts.length < jobNames.length) throw new Error(`${engine.name} took the connection, and does not answer`);
    const sum = (of: (one: { waiting: number; active: number }) => number) =>
      counts.reduce((total, one) => total + of(one), 0);
    const kind = engine.name === 'redis' ? `Redis ${engine.version}, noeviction` : `PostgreSQL ${engine.version}`;
    const waiting = `${count(
      sum((one) => one.waiting),
      'job waits',
      'jobs wait',
    )}`;
    return [ok('queue engine', `${kind}; ${waiting}, ${sum((one) => one.active)} under way`)];
  } finally {
    await engine.close();
  }
};
