import { createPostgresBackend, type JobsOptions, Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { Log } from '../lib/log.ts';
import { type Outage, openOutage } from './outage.ts';

/** `isAgain`: somebody began it before, and did not come to its end. */
export type EngineJob = { data: unknown; waitedMs: number; isAgain: boolean };

/** The short corridor between PostgreSQL and the workers. Which engine it runs on is decided here, and known nowhere else. */
export type Engine = {
  name: 'redis' | 'postgresql';
  /** Version of the server, for logs and `doctor`. */
  version: string;
  hand(queue: string, jobs: readonly { id: string; data: object }[]): Promise<void>;
  /** Runs jobs of one queue, so many side by side. Closing waits for those under way. */
  work(queue: string, concurrency: number, run: (job: EngineJob) => Promise<void>): Promise<{ close(): Promise<void> }>;
  counts(queue: string): Promise<{ waiting: number; active: number }>;
  ping(): Promise<void>;
  /** Its connections to PostgreSQL, where it runs on that. */
  pool?: () => { most: number; open: number; idle: number; waiting: number };
  close(): Promise<void>;
};

export type EngineOptions = {
  redisUrl?: string | undefined;
  /** Where queues live without Redis. */
  databaseUrl: string;
  /** Connections to that PostgreSQL; each queue worked on holds one of them to listen. */
  connections: number;
  prefix: string;
  log: Log;
};

/** Retries and delays are PostgreSQL's; what has run leaves no trace here. */
const jobOptions: JobsOptions = { attempts: 1, removeOnComplete: true, removeOnFail: true };

/** A worker that dies without a word loses its jobs to another after some ten seconds. */
const workerOptions = {
  lockDuration: 10_000,
  stalledInterval: 5000,
  maxStalledCount: 100,
  /** After the server was away, look again soon. */
  runRetryDelay: 1000,
  removeOnComplete: { count: 0 },
  removeOnFail: { count: 0 },
};

type Connections = Pick<Engine, 'ping' | 'pool' | 'close'> & {
  queue: object;
  worker: object;
  backend: unknown;
  outage: Outage;
};

const outageOf = (name: string, log: Log): Outage =>
  openOutage(log, { engine: name }, 'the queue engine reported an error', 'the queue engine is back');

const build = (name: Engine['name'], version: string, connections: Connections, { prefix }: EngineOptions): Engine => {
  const { outage } = connections;
  const queues = new Map<string, Queue>();
  const backend = connections.backend as undefined;
  const queueOf = (queue: string): Queue => {
    const known = queues.get(queue);
    if (known) return known;
    const made = new Queue(
      queue,
      { connection: connections.queue as never, prefix, defaultJobOptions: jobOptions },
      backend,
    );
    made.on('error', outage.noted);
    queues.set(queue, made);
    // BullMQ remembers for ever that its first look failed: one that began while the server was away makes room for another.
    made.waitUntilReady().catch(() => {
      if (queues.get(queue) === made) queues.delete(queue);
      made.close().catch(() => undefined);
    });
    return made;
  };
  return {
    name,
    version,
    async hand(queue, jobs) {
      const [only, ...others] = jobs.map(({ id, data }) => ({ name: queue, data, opts: { jobId: id } }));
      // On PostgreSQL a list of one takes 6 ms, and one by itself less than 1.
      if (only && others.length === 0) await queueOf(queue).add(only.name, only.data, only.opts);
      else if (only) await queueOf(queue).addBulk([only, ...others]);
    },
    async work(queue, concurrency, run) {
      const worker = new Worker(
        queue,
        ({ data, timestamp, attemptsStarted }) =>
          run({ data, waitedMs: Date.now() - timestamp, isAgain: attemptsStarted > 1 }),
        { connection: connections.worker as never, prefix, concurrency, ...workerOptions },
        backend,
      );
      worker.on('error', outage.noted);
      worker.on('ready', outage.over);
      await worker.waitUntilReady();
      return { close: () => worker.close() };
    },
    async counts(queue) {
      const { waiting = 0, active = 0 } = await queueOf(queue).getJobCounts('waiting', 'active');
      return { waiting, active };
    },
    ping: connections.ping,
    ...(connections.pool ? { pool: connections.pool } : {}),
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      await connections.close();
    },
  };
};

/** @throws Error when Redis may evict: it would throw work away in silence */
const onRedis = async (options: EngineOptions & { redisUrl: string }): Promise<Engine> => {
  const { log, redisUrl } = options;
  const outage = outageOf('redis', log);
  const connect = (more: object) => {
    const redis = new Redis(redisUrl, { maxRetriesPerRequest: null, ...more });
    redis.on('error', outage.noted);
    redis.on('ready', outage.over);
    return redis;
  };
  // A producer fails at once while Redis is away, and the work stays owed; workers wait until it is back.
  const queue = connect({ enableOfflineQueue: false, commandTimeout: 5000 });
  const worker = connect({});
  const close = async () => {
    queue.disconnect();
    worker.disconnect();
  };
  try {
    if (queue.status !== 'ready')
      await new Promise<void>((resolve, reject) => {
        queue.once('ready', resolve);
        queue.once('error', (error: Error) =>
          reject(new Error(`Redis at REDIS_URL cannot be reached: ${error.message}`, { cause: error })),
        );
      });
    const info = await queue.info();
    const policy = /maxmemory_policy:(\S+)/.exec(info)?.[1] ?? 'unknown';
    if (policy !== 'noeviction')
      throw new Error(`Redis has maxmemory-policy ${policy} and may throw work away: set it to noeviction`);
    const version = /redis_version:(\S+)/.exec(info)?.[1] ?? 'unknown';
    return build(
      'redis',
      version,
      { queue, worker, backend: undefined, outage, ping: async () => void (await queue.ping()), close },
      options,
    );
  } catch (error) {
    await close();
    throw error;
  }
};

const onPostgres = async (options: EngineOptions): Promise<Engine> => {
  const { databaseUrl, connections, log } = options;
  // BullMQ keeps its own tables, in a schema of their own, and brings them up to date itself.
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: connections,
    options: '-c search_path=bullmq',
    application_name: 'samtykkehub queues',
    keepAlive: true,
  });
  // Each queue and worker listens for errors of the one pool they share.
  pool.setMaxListeners(0);
  const outage = outageOf('postgresql', log);
  pool.on('error', outage.noted);
  pool.on('connect', outage.over);
  // Also one that breaks while somebody holds it: an error that nobody listens to ends the process.
  pool.on('connect', (client) => {
    client.on('error', (error) => log.debug({ error }, 'a database connection of the queues broke'));
  });
  const { rows } = await pool.query<{ version: string }>(`select current_setting('server_version') as version`);
  const boot = new Queue(
    'boot',
    { connection: { connectionString: databaseUrl, max: 1, migrate: true } as never },
    createPostgresBackend as never,
  );
  boot.on('error', outage.noted);
  await boot.waitUntilReady();
  await boot.close();
  return build(
    'postgresql',
    rows[0]?.version ?? 'unknown',
    {
      queue: pool,
      worker: pool,
      backend: createPostgresBackend,
      outage,
      ping: async () => void (await pool.query('select 1')),
      pool: () => ({
        most: pool.options.max,
        open: pool.totalCount,
        idle: pool.idleCount,
        waiting: pool.waitingCount,
      }),
      close: () => pool.end(),
    },
    options,
  );
};

export const openEngine = (options: EngineOptions): Promise<Engine> =>
  options.redisUrl === undefined ? onPostgres(options) : onRedis({ ...options, redisUrl: options.redisUrl });
