import { createPostgresBackend, Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';

/** Bare BullMQ: a job is added and seen to arrive, one at a time. */
export const openHop = async (redisUrl: string | undefined, databaseUrl: string) => {
  const redis = redisUrl === undefined ? undefined : new Redis(redisUrl, { maxRetriesPerRequest: null });
  const connection = (redis ?? { connectionString: databaseUrl, schema: 'bare_hop', max: 4, migrate: true }) as never;
  const backend = (redis ? undefined : createPostgresBackend) as undefined;
  const arrivals = new Map<string, () => void>();
  const queue = new Queue('hop', { connection, prefix: '{bare}' }, backend);
  await queue.waitUntilReady();
  const worker = new Worker(
    'hop',
    async ({ id = '' }) => arrivals.get(id)?.(),
    { connection, prefix: '{bare}' },
    backend,
  );
  await worker.waitUntilReady();
  return {
    async through(jobId: string): Promise<void> {
      const arrived = new Promise<void>((resolve) => arrivals.set(jobId, resolve));
      await queue.add('hop', {}, { jobId, removeOnComplete: true });
      await arrived;
      arrivals.delete(jobId);
    },
    async close() {
      await worker.close();
      await queue.close();
      redis?.disconnect();
    },
  };
};
