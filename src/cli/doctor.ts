import { openDatabase } from '../compose.ts';
import { type Config, loadConfig } from '../config.ts';
import { silentLog } from '../lib/log.ts';
import { scrub } from '../lib/mask.ts';
import { examineDatabase, examineDirect } from './doctor/database.ts';
import { type Finding, inTime, ok, table, wordsOf, wrong } from './doctor/finding.ts';
import { examineKeptKeys } from './doctor/kept-keys.ts';
import { examineOutside } from './doctor/outside.ts';
import { examinePath, type Whose } from './doctor/path.ts';
import { pathTable } from './doctor/path-table.ts';
import { examineQueues } from './doctor/queues.ts';
import { readWords } from './doctor/words.ts';
import { sayUsage } from './usage.ts';

/** A check that takes longer than this says so: the whole is read in ten seconds. */
const patienceMs = 8000;

const databaseNext = 'start the database, or correct DATABASE_URL; until then the API answers 503 and loses nothing';
const directNext =
  'correct DATABASE_DIRECT_URL: without it no process hears of news at once, and migrations do not run';
const queuesNext =
  'mend or start the queue engine (REDIS_URL); what is owed stays in the database and goes on by itself';

const sealingNext = 'are HUB_SEALING_KEYS and HUB_KEYSTORE_PRIVATE_KEYS whole?';

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
    const kept = seen?.isReadable
      ? await inTime('sealing', sealingNext, patienceMs, () => examineKeptKeys(config, database.url))
      : [];
    const findings = [...looked, ...kept, ...direct, ...onRedis, ...onPostgres];
    return seen ? { findings, aheadMs: seen.aheadMs } : { findings };
  } finally {
    await database.close();
  }
};

const examine = async (config: Config): Promise<Finding[]> => {
  const [within, outside] = await Promise.all([inside(config), examineOutside(config)]);
  return [
    ok('configuration', `${config.environment}; queues in ${config.redisUrl === undefined ? 'PostgreSQL' : 'Redis'}`),
    ...within.findings,
    outside.maskinporten,
    outside.altinn,
    ...(outside.altinn2 ? [outside.altinn2] : []),
    outside.clockWith(within.aheadMs),
  ];
};

const titleOf = (whose: Whose, { environment }: Config): string =>
  `${'client' in whose ? `Maskinporten client ${whose.client}` : `Tenant ${whose.tenant}`}, ${environment}`;

/**
 * What is wrong, in ten seconds: configuration, database and its budget, queues and what is stuck in them, the outside; or,
 * with `--client` or `--tenant`, where on its path one of them stands. Changes nothing. `--json` for machines. Exit code 1
 * when anything is wrong, 2 when the words are.
 */
export const doctor = async (words: readonly string[] = []): Promise<number> => {
  const asked = readWords(words);
  if ('usage' in asked) return sayUsage(words, asked.usage);
  const { json, whose, hsm = false } = asked;
  let findings: Finding[];
  let title = '';
  try {
    const config = loadConfig(process.env, 'command');
    title = whose ? titleOf(whose, config) : '';
    findings = whose ? await examinePath(config, whose, hsm) : await examine(config);
  } catch (error) {
    findings = [wrong('configuration', wordsOf(error), 'correct these settings first: nothing else can be looked at')];
  }
  const isWell = findings.every(({ state }) => state !== 'wrong');
  const told = whose && title !== '' ? pathTable(title, findings, process.stdout.columns) : table(findings);
  process.stdout.write(json ? `${scrub(JSON.stringify({ ok: isWell, findings }))}\n` : told);
  return isWell ? 0 : 1;
};
