import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startTemporaryPostgres } from '../../src/embedded/temporary.ts';
import { openLog } from '../../src/lib/log.ts';
import { startRedis } from '../support/redis-server.ts';

/** Of the bare parts, to the server and to PostgreSQL alike. */
export const connections = 32;
/** HTTP connections of the hub's callers: two apps of each of a hundred banks. */
export const callers = 200;
export const operatorKey = 'hub_bench_operator_key_0123456789abcdef';

export type Ground = {
  databaseUrl: string;
  redis: { url: string; version: string } | undefined;
  directory: string;
  env: NodeJS.ProcessEnv;
  /** What stands under all figures of a run, in a line. */
  told: string;
  close(): Promise<void>;
};

/** One PostgreSQL that keeps its word (fsync, synchronous_commit) for hub and bare parts alike, and a Redis where there is one. */
export const openGround = async (): Promise<Ground> => {
  const postgres = await startTemporaryPostgres(openLog('warn'), { fsync: 'on', max_connections: '200' });
  const redis = await startRedis();
  const directory = await mkdtemp(join(tmpdir(), 'hub-bench-'));
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  const { rows } = await client.query(
    "SELECT name, setting FROM pg_settings WHERE name IN ('server_version', 'fsync', 'synchronous_commit') ORDER BY 1 DESC",
  );
  await client.end();
  const settings = rows.map(({ name, setting }: { name: string; setting: string }) => `${name} ${setting}`).join(', ');
  return {
    databaseUrl: postgres.url,
    redis,
    directory,
    env: {
      DATABASE_URL: postgres.url,
      HUB_DIRECTORY: directory,
      HUB_OPERATOR_KEY: operatorKey,
      HUB_ORGNO: '310149942',
      HUB_EGRESS_ALLOW: '127.0.0.1/32,::1/128',
      // What is counted is what somebody asked for.
      HUB_PROBES_PER_SECOND: '0',
      HUB_RATE_PER_KEY: '1000000',
      HUB_RATE_PER_TENANT: '1000000',
      HUB_DATABASE_CONNECTIONS: '50',
      PORT: '0',
      METRICS_PORT: '0',
      HUB_SANDBOX_PORT: '0',
    },
    told: `PostgreSQL: ${settings}; ${redis ? `Redis ${redis.version}` : 'no Redis on this machine'}; Node ${process.version}; ${connections} connections for the bare parts, ${callers} callers`,
    async close() {
      await redis?.stop();
      await postgres.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
