import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { movableClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { openEngine } from '../../src/queues/engine.ts';
import { startWorkers } from '../../src/queues/start-workers.ts';
import { openNotices } from '../../src/store/notices.ts';
import { openOutbox } from '../../src/store/outbox.ts';
import { type JobName, jobNames } from '../../src/usecases/jobs.ts';
import type { Work } from '../../src/usecases/use-cases.ts';
import { freshDatabase } from '../support/database.ts';
import type { EngineName } from '../support/hub-test.ts';

export const job = 'deliver-webhook' satisfies JobName;

type GivenQueues = Awaited<ReturnType<typeof givenQueues>>;

/** Outbox, relays, engine and workers as they are in a worker process; what is done is told by the test. */
export const givenQueues = async (name: EngineName, work: Work) => {
  const database = await freshDatabase();
  const pool = new pg.Pool({ connectionString: database.url, options: '-c role=hub_operator', max: 8 });
  const notices = openNotices(pool, database.url, silentLog);
  const redisUrl = name === 'redis' ? inject('redisUrl') : null;
  const engine = await openEngine({
    ...(redisUrl === null ? {} : { redisUrl }),
    databaseUrl: database.url,
    connections: jobNames.length + 8,
    prefix: `{t-${randomBytes(4).toString('hex')}}`,
    log: silentLog,
  });
  const nothing: Work = async () => undefined;
  const start = () =>
    startWorkers({
      works: { ...(Object.fromEntries(jobNames.map((each) => [each, nothing])) as Record<JobName, Work>), [job]: work },
      engine,
      outbox: openOutbox(pool),
      notices,
      clock: movableClock(),
      log: silentLog,
    });
  const workers: Awaited<ReturnType<typeof start>>[] = [];
  return {
    async start() {
      workers.push(await start());
    },
    /** So many rows of a tenant's, long due; the relay is told. */
    async owe(tenantId: string, rows: number): Promise<void> {
      await pool.query(
        `insert into outbox (job, tenant_id, subject_id, due_at, created_at)
         select $1, $2, gen_random_uuid(), now() - n * interval '1 millisecond', now() from generate_series(1, $3) n`,
        [job, tenantId, rows],
      );
      notices.tell(`work:${job}`);
    },
    async owed(tenantId: string): Promise<number> {
      const { rows } = await pool.query<{ many: number }>(
        'select count(*)::int as many from outbox where job = $1 and tenant_id = $2',
        [job, tenantId],
      );
      return rows[0]?.many ?? 0;
    },
    async close() {
      await Promise.all(workers.map((each) => each.close()));
      await engine.close();
      await notices.close();
      await pool.end();
      await database.drop();
    },
  };
};

export const aTenant = (): string => randomUUID();
