import { openDatabase } from '../compose.ts';
import { type Config, loadConfig } from '../config.ts';
import { silentLog } from '../lib/log.ts';
import { examineDatabase, examineDirect } from './doctor/database.ts';
import { type Finding, inTime, ok, table, wordsOf, wrong } from './doctor/finding.ts';
import { examineOutside } from './doctor/outside.ts';
import { examineQueues } from './doctor/queues.ts';

/** A check that takes longer than this says so: the whole is read in ten seconds. */
const patienceMs = 8000;

const databaseNext = 'start the database, or correct DATABASE_URL; until then the API answers 503 and loses nothing';
const directNext =
  'correct DATABASE_DIRECT_URL: without it no process hears of news at once, and migrations do not run';
const queuesNext =
  'mend or start the queue engine (REDIS_URL); what is owed stays in the database and goes on by itself';

const inside = async (config: Config): Promise<{ findings: Finding[]; aheadMs?: number }> => {
  let database: Awaited<ReturnType<typeof openDatabase>>;
  try {
    database = await openDatabase(config, silentLog);
  } catch (error) {
    return { findings: [wrong('database', wordsOf(error), databaseNext)] };
  }
  try {
    let seen: Awaited<ReturnType<typeof examineDatabase>> | undefined;
    const queues = () => inTime('queue engine', queuesNext, patienceMs, () => examineQueues(config, database.url));
    const first = inTime('database', databaseNext, patienceMs, async () => {
      seen = await examineDatabase(database.url, config, new Date());
      return seen.findings;
    });
    const [looked, direct, onRedis] = await Promise.all([
      first,
      inTime('direct address', directNext, patienceMs, () => examineDirect(config)),
      config.redisUrl === undefined ? [] : queues(),
    ]);
    // In the database itself there may be no queues yet, and looking must not make them.
    const onPostgres = config.redisUrl === undefined && seen?.hasQueues ? await queues() : [];
    const findings = [...looked, ...direct, ...onRedis, ...onPostgres];
    return seen ? { findings, aheadMs: seen.aheadMs } : { findings };
  } finally {
    await database.close();
  }
};

const examine = async (): Promise<Finding[]> => {
  let config: Config;
  try {
    config = loadConfig(process.env, 'command');
  } catch (error) {
    return [wrong('configuration', wordsOf(error), 'correct these settings first: nothing else can be looked at')];
  }
  const [within, outside] = await Promise.all([inside(config), examineOutside(config)]);
  return [
    ok('configuration', `${config.environment}; queues in ${config.redisUrl === undefined ? 'PostgreSQL' : 'Redis'}`),
    ...within.findings,
    ...outside.findings,
    outside.clockWith(within.aheadMs),
  ];
};

/**
 * What is wrong, in ten seconds: configuration, database and its budget, queues and what is stuck in them, the outside.
 * Changes nothing. `--json` for machines. Exit code 1 when anything is wrong.
 */
export const doctor = async (words: readonly string[] = []): Promise<number> => {
  const findings = await examine();
  const isWell = findings.every(({ state }) => state !== 'wrong');
  process.stdout.write(words.includes('--json') ? `${JSON.stringify({ ok: isWell, findings })}\n` : table(findings));
  return isWell ? 0 : 1;
};
