import pg from 'pg';
import { expect, inject, onTestFinished, test } from 'vitest';
import { leastConnections, sharesOf } from '../../src/connections.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { type EngineName, engines, openWorld } from '../support/hub-test.ts';
import { until } from '../support/until.ts';

const kinds = [true, false].flatMap((isWorker) =>
  [true, false].map((queuesInPostgres) => ({ isWorker, queuesInPostgres })),
);

test.each(kinds)('the shares of a process ($isWorker, $queuesInPostgres) sum to its budget, whatever it is', (what) => {
  for (let budget = leastConnections(what); budget <= 1000; budget += 1) {
    const { tenant, operator, engine, listener } = sharesOf(budget, what);
    expect(tenant + operator + engine + listener).toBe(budget);
    expect([tenant >= 2, operator >= 2, listener]).toEqual([true, true, 1]);
    // A worker's queues hold eight of theirs to listen; without one more nothing would ever be taken.
    expect(engine).toBeGreaterThanOrEqual(what.queuesInPostgres ? (what.isWorker ? 9 : 2) : 0);
  }
});

/** Looks again and again, as fast as PostgreSQL answers; `stop` tells the most connections ever seen. */
const watch = ({ url }: FreshDatabase): { stop(): Promise<number> } => {
  let most = 0;
  let watching = true;
  const name = new URL(url).pathname.slice(1);
  const done = (async () => {
    const admin = new pg.Client({ connectionString: inject('adminUrl') });
    await admin.connect();
    while (watching) {
      const { rows } = await admin.query<{ many: number }>(
        `select count(*)::int as many from pg_stat_activity where datname = $1 and backend_type = 'client backend'`,
        [name],
      );
      most = Math.max(most, rows[0]?.many ?? 0);
    }
    await admin.end();
    return most;
  })();
  return {
    stop: () => {
      watching = false;
      return done;
    },
  };
};

const poolsIn = (metrics: string): Record<string, Record<string, number>> => {
  const pools: Record<string, Record<string, number>> = {};
  for (const [, labels = '', value] of metrics.matchAll(/^hub_database_connections\{(.*)\} (\d+)$/gm)) {
    const [door = '', state = ''] = ['door', 'state'].map((name) => new RegExp(`${name}="([^"]*)"`).exec(labels)?.[1]);
    pools[door] = { ...pools[door], [state]: Number(value) };
  }
  return pools;
};

const runs = engines.flatMap((engine): [EngineName, number][] =>
  engine === 'redis'
    ? [[engine, 8]]
    : [
        [engine, leastConnections({ isWorker: true, queuesInPostgres: true })],
        [engine, 28],
      ],
);

test.each(runs)(
  '200 creates at once, queues on %s, never open more than the budget of %i connections',
  { timeout: 120_000 },
  async (engine, budget) => {
    const database = await freshDatabase();
    const watched = watch(database);
    onTestFinished(async () => {
      await watched.stop();
    });
    const settings = {
      HUB_DATABASE_CONNECTIONS: `${budget}`,
      HUB_RATE_PER_KEY: '100000',
      HUB_RATE_PER_TENANT: '100000',
    };
    const world = await openWorld(engine, settings, database);
    onTestFinished(() => world.close());
    const asks = Array.from({ length: 200 }, (_, number) =>
      world.call(number % 2 === 0 ? 'bank' : 'insurer', 'POST', '/v1/consents', {
        from: { organization: '910514318' },
        rights: [{ service: 'ske-inntekt', metadata: { fraogmed: '2025-01', tilogmed: '2025-12' } }],
        validTo: new Date(Date.now() + 3_600_000).toISOString(),
        redirectUrl: `${world.receiver.url}/done`,
      }),
    );
    const metrics = fetch(world.metricsUrl).then((response) => response.text());
    expect(new Set((await Promise.all(asks)).map(({ status }) => status))).toEqual(new Set([202]));
    // Reading what is pending goes on for ever; that all have come to Altinn is the end of this rush.
    await until('all to be at Altinn', async () => (await world.sandbox.consents()).length === asks.length, 90_000);
    const most = await watched.stop();
    expect(most).toBeLessThanOrEqual(budget);
    expect(most).toBeGreaterThan(budget / 3); // they were made use of, and were seen

    const pools = poolsIn(await metrics);
    expect(Object.keys(pools).sort()).toEqual([
      'creates',
      'listener',
      'operator',
      ...(engine === 'redis' ? [] : ['queues']),
      'tenant',
    ]);
    expect(Object.values(pools).reduce((sum, pool) => sum + (pool['most'] ?? 0), 0)).toBe(budget);
    for (const pool of Object.values(pools)) {
      expect(Object.keys(pool).sort()).toEqual(['idle', 'most', 'open', 'waiting']);
      expect(pool['open']).toBeLessThanOrEqual(pool['most'] ?? 0);
    }
  },
);
