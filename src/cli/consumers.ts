import { setTimeout } from 'node:timers/promises';
import { openCommand } from '../compose-command.ts';
import { type Examination, openExamination } from '../compose-examination.ts';
import { openOwnerRegisters } from '../compose-owner-registers.ts';
import type { Config } from '../config.ts';
import { readConsumers, registers, type Target } from '../domain/owner-lists.ts';
import { openLog } from '../lib/log.ts';
import { proveOwnGrants } from '../usecases/asking/prove-own-grants.ts';
import { applyOwnerLists, type ListPlan, type ListRow, planOwnerLists } from '../usecases/operator/sync-owner-lists.ts';
import { activeTenants } from '../usecases/tenants/active-tenants.ts';
import { openAdminTokens } from '../usecases/tokens/admin-token.ts';
import { readListFile } from './consumers/list-file.ts';
import { jsonLines, syncTable } from './consumers/report.ts';
import { readWords, type SyncWords } from './consumers/words.ts';
import { openedKey } from './doctor/try-token.ts';
import { openBar } from './progress-bar.ts';
import { stopWanted } from './stop-signals.ts';
import { sayUsage } from './usage.ts';
import { withDatabase } from './with-database.ts';

type Asked = Exclude<SyncWords, { usage: string }>;

const patienceMs = 20_000;

/** What is configured; whether or not it is asked for now, a row may name it. */
const targetsOf = ({ ownerLists }: Config): Target[] =>
  registers.flatMap((register) => ownerLists[register].map((name) => ({ register, name })));

const planned = (plans: readonly ListPlan[], remove: boolean): ListRow[] =>
  plans.flatMap((plan) =>
    'fault' in plan
      ? []
      : plan.moves.map((move) => ({ ...move, outcome: move.what === 'remove' && !remove ? 'left' : 'planned' })),
  );

/** The operator's tenants and catalogue, some of which may wait for what is changed here. */
const readOwn = async ({ reader }: Examination) => {
  const services = await reader.asOperator((rows) => rows.services.list());
  return {
    tenants: await activeTenants(reader),
    services: new Map(services.map((service) => [service.key, service])),
  };
};

const run = async (config: Config, databaseUrl: string, ask: Asked): Promise<number> => {
  const all = targetsOf(config);
  const targets = all.filter(({ register }) => ask.only.includes(register));
  if (targets.length === 0)
    throw new Error('No list is set: OWNER_SCOPES, OWNER_ACCESS_LISTS and OWNER_SRR_SERVICES say which are yours');
  const { consumers, bad } = readConsumers(readListFile(ask.file), all);
  // Whoever a refused row meant would be taken off the lists for a slip of the pen; and an empty file is one, too.
  if (ask.remove && (bad.length > 0 || consumers.length === 0)) {
    process.stdout.write(
      ask.json ? jsonLines({ rows: [], plans: [], bad }) : syncTable({ rows: [], plans: [], bad }, [], false),
    );
    throw new Error('Nothing was done: --remove wants a file whose rows can all be used, and one row at least');
  }
  const log = openLog('warn');
  const parts = await openCommand(config, databaseUrl, log);
  const looking = await openExamination(config, databaseUrl, { hsm: true });
  const outside = openOwnerRegisters(config);
  const stopping = new AbortController();
  void stopWanted().then(() => stopping.abort());
  try {
    const tokens = openAdminTokens({
      ...looking,
      clients: () => looking.reader.asOperator((rows) => rows.clients.list()),
      async keyOf(by) {
        const opened = await openedKey(looking, by);
        if ('closed' in opened) throw new Error(`Nothing to sign with: ${opened.closed}`);
        return opened.key;
      },
    });
    const token = (scope: string) => tokens(scope, AbortSignal.timeout(patienceMs));
    const own = { ...(await readOwn(looking)), settings: looking.settings };
    const keeping = {
      ...{ ...parts, registers: outside.registers, token },
      done: proveOwnGrants({ ...parts, ...own }),
      pause: (ms: number, stop: AbortSignal) => setTimeout(ms, undefined, { signal: stop }).catch(() => undefined),
    };
    const plans = await planOwnerLists(keeping)(targets, consumers, stopping.signal);
    const rows = ask.apply ? [] : planned(plans, ask.remove);
    if (ask.apply) {
      const bar = openBar(planned(plans, ask.remove).length);
      const tell = (row: ListRow) => {
        rows.push(row);
        bar.at(rows.length);
      };
      await applyOwnerLists(keeping)(plans, { remove: ask.remove, tell, stop: stopping.signal });
      bar.end(rows.length);
    }
    const told = { rows, plans, bad };
    process.stdout.write(ask.json ? jsonLines(told) : syncTable(told, consumers, ask.apply));
    const isWhole = rows.every(({ outcome }) => outcome !== 'failed' && outcome !== 'not tried');
    return bad.length === 0 && isWhole && !plans.some((plan) => 'fault' in plan) && !stopping.signal.aborted ? 0 : 1;
  } finally {
    await outside.close();
    await looking.close();
    await parts.close();
  }
};

/**
 * `hub consumers sync`: for an operator that owns APIs itself, one list of consumers and what would bring its registers in step; with
 * `--apply` it is done. Exit code 1 where something was refused, failed or could not be read, 2 when the words are wrong.
 */
export const consumers = async (words: readonly string[]): Promise<number> => {
  const ask = readWords(words);
  if ('usage' in ask) return sayUsage(words, ask.usage);
  return withDatabase(({ config, databaseUrl }) => run(config, databaseUrl, ask));
};
