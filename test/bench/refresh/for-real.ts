import pg from 'pg';
import { mustCall } from '../../../src/cli/call-json.ts';
import { furnishBank, furnishOperator, services } from '../../../src/cli/furnish.ts';
import { compose, type Hub } from '../../../src/compose.ts';
import { loadConfig } from '../../../src/config.ts';
import { periodMs } from '../../../src/domain/renewals.ts';
import { type MovableClock, movableClock } from '../../../src/lib/clock.ts';
import { openLog } from '../../../src/lib/log.ts';
import { startSandbox } from '../../../src/sandbox/start-sandbox.ts';
import { sandboxControl } from '../../support/sandbox-control.ts';
import { until } from '../../support/until.ts';
import { organizationNumbers } from '../banks.ts';
import { openGround, operatorKey } from '../ground.ts';
import type { Outcome } from './rate.ts';

const second = 1000;
const minute = 60 * second;

const lifeSeconds = 120;
/** Apps begin their day within that. */
const arriveWithin = minute;
const down = { from: 6 * minute, forMs: 15 * second };
/** In virtual time; longer where there is real time left. */
const atLeastMs = 11 * minute;
/** How many apps ask side by side. */
const askers = 16;

type App = { key: string; scope: string; everyMs: number; askAt: number; leavesAt: number };
type World = {
  clock: MovableClock;
  url: string;
  startWorker(): Promise<Hub>;
  apps: App[];
  database: pg.Client;
  sandboxUrl: string;
};

const sideBySide = async <T>(items: Iterable<T>, many: number, work: (item: T) => Promise<void>): Promise<void> => {
  const left = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = left.next(); !next.done; next = left.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: many }, worker));
};

/** How often a worker fetched a token because an app waited for it, by the token's row: after the first time, a cold miss. */
const fetchesWaitedFor = () => {
  const runs = new Map<string, number>();
  const log = openLog('info', (line) => {
    if (!line.includes('"job":"fetch-token"') || !line.includes('"msg":"done"')) return;
    const { subjectId } = JSON.parse(line) as { subjectId: string };
    runs.set(subjectId, (runs.get(subjectId) ?? 0) + 1);
  });
  return { log, again: () => [...runs.values()].reduce((sum, many) => sum + many - 1, 0) };
};

/** Time stands still but for the seconds it is moved by, one after the other, each when all that was due has been done. */
const live = async ({ clock, url, startWorker, apps, database, sandboxUrl }: World, realMs: number) => {
  const sandbox = sandboxControl(sandboxUrl);
  const [begunAt, begunForReal] = [clock.now().getTime(), performance.now()];
  const passed = () => clock.now().getTime() - begunAt;
  const fetches: number[] = [];
  let [asked, notThere, keptMs] = [0, 0, 0];
  let worker: Hub | undefined = await startWorker();

  const isLeft = async (what: string): Promise<number> =>
    Number((await database.query(`select count(*) as many from outbox where ${what}`, [clock.now()])).rows[0].many);
  const allDone = () =>
    until('renewals and fetches to be done', async () => {
      const owed = `job in ('refresh-token', 'fetch-token') and (due_at <= $1 or leased_until > clock_timestamp())`;
      return (await isLeft(owed)) === 0;
    });
  const ask = async (app: App) => {
    const response = await fetch(`${url}/v1/tokens`, {
      method: 'POST',
      headers: { authorization: `Bearer ${app.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ scope: app.scope }),
    });
    const text = await response.text();
    if (response.status === 503) notThere += 1;
    else if (response.status !== 200) throw new Error(`a token was not handed out: ${response.status} ${text}`);
    asked += 1;
    app.askAt = passed() + (0.1 + 1.8 * Math.random()) * app.everyMs;
  };
  const step = async () => {
    clock.move(second);
    await sideBySide(
      apps.filter(({ askAt, leavesAt }) => askAt <= passed() && passed() < leavesAt),
      askers,
      ask,
    );
    if (worker) await allDone();
    for (const { status } of await sandbox.calls('token')) if (status === 200) fetches.push(passed());
    await sandbox.forget();
    // One renewal is owed for each token that is kept.
    if (passed() > arriveWithin)
      keptMs += second * (await isLeft(`job = 'refresh-token' and $1::timestamptz is not null`));
  };

  try {
    await sandbox.forget();
    while (passed() < down.from) await step();
    await worker.close();
    worker = undefined;
    while (passed() < down.from + down.forMs) await step();
    worker = await startWorker();
    while (passed() < atLeastMs || performance.now() - begunForReal < realMs) await step();
  } finally {
    await worker?.close();
  }
  const realSeconds = Math.round((performance.now() - begunForReal) / 1000);
  return { fetches, asked, notThere, keptMs, toMs: passed(), realSeconds };
};

/** Each of so many banks with two apps, one for each scope. */
const openApps = async (place: { url: string; sandboxUrl: string }, tenants: number): Promise<App[]> => {
  const apps: App[] = [];
  await furnishOperator({ ...place, operatorKey });
  await sideBySide(organizationNumbers(tenants), 8, async (orgno) => {
    const bank = { orgno, name: `Bank ${orgno}`, redirectUrls: ['https://bank.example/done'] };
    const { key } = await furnishBank({ ...place, operatorKey }, bank);
    for (const { dataScope } of services)
      apps.push({
        key,
        scope: dataScope,
        everyMs: (80 + 70 * Math.random()) * second,
        askAt: arriveWithin * Math.random(),
        leavesAt: Math.random() < 0.05 ? 5 * minute * Math.random() : Number.POSITIVE_INFINITY,
      });
  });
  return apps;
};

/**
 * Through the real thing: API, worker, queues, PostgreSQL and the sandbox, a second in virtual time after the other; the
 * worker is closed in the middle, and another one opened fifteen seconds later.
 */
export const renewedForReal = async (tenants: number, realMs = 200 * second): Promise<Outcome & { told: string }> => {
  const ground = await openGround();
  const startedAt = new Date();
  const clock = movableClock({ now: () => startedAt });
  const closers: (() => Promise<unknown>)[] = [ground.close];
  try {
    const log = openLog('silent');
    const sandbox = await startSandbox({ port: 0, clock, log, operatorOrgno: String(ground.env['HUB_ORGNO']) });
    closers.push(sandbox.close);
    await mustCall('POST', `${sandbox.url}/sandbox/calls/recording`, undefined, { on: false });
    const env = {
      ...ground.env,
      ...(ground.redis ? { REDIS_URL: ground.redis.url } : {}),
      MASKINPORTEN_ISSUER: `${sandbox.url}/maskinporten/`,
      ALTINN3_URL: `${sandbox.url}/altinn3/`,
      DIGDIR_SELFSERVICE_URL: `${sandbox.url}/sandbox`,
    };
    const api = await compose(loadConfig(env, 'api'), 'api', { log, clock });
    closers.push(api.close);
    const waited = fetchesWaitedFor();
    const startWorker = () => compose(loadConfig(env, 'worker'), 'worker', { log: waited.log, clock });
    const { url = '' } = api;
    const [first, apps] = await Promise.all([startWorker(), openApps({ url, sandboxUrl: sandbox.url }, tenants)]);
    await first.close();
    const database = new pg.Client({ connectionString: ground.databaseUrl, options: '-c role=hub_operator' });
    await database.connect();
    closers.push(() => database.end());

    const lived = await live({ clock, url, startWorker, apps, database, sandboxUrl: sandbox.url }, realMs);
    const { fetches, asked, notThere, keptMs, toMs, realSeconds } = lived;
    const intervalMs = periodMs(lifeSeconds, loadConfig(env, 'worker').renewAt);
    const measured = fetches.filter((at) => at > arriveWithin).length;
    const coldMisses = waited.again() + notThere;
    return {
      fetches,
      coldMisses,
      intervalMs,
      perInterval: (measured * intervalMs) / keptMs,
      fromMs: arriveWithin,
      toMs,
      backMs: down.from + down.forMs,
      told: `through the real thing, ${tenants} tenants × 2 scopes for ${Math.round(toMs / minute)} virtual minutes in ${realSeconds} s, queues on ${api.engine.name}, the worker away for 15 s: ${fetches.length} fetches, ${asked} tokens asked for, ${coldMisses} cold misses`,
    };
  } finally {
    for (const close of closers.reverse()) await close();
  }
};
