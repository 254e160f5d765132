import { Redis } from 'ioredis';
import type { FaultHub } from './hub-of-processes.ts';

/** All that the queue engine knows is gone: FLUSHALL, or what comes closest on PostgreSQL. */
export const emptyQueues = async ({ redisUrl, rows }: FaultHub): Promise<void> => {
  if (redisUrl === undefined) return void (await rows('delete from bullmq.job'));
  const redis = new Redis(redisUrl);
  await redis.flushall();
  redis.disconnect();
};
