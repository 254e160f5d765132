import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { namedTwice } from '../../domain/tenant-import.ts';
import { systemClock } from '../../lib/clock.ts';
import { fewAtOnce } from '../../lib/few-at-once.ts';
import { holdsNationalId, scrub } from '../../lib/mask.ts';
import { openBar } from '../progress-bar.ts';
import { readTable, TableFault } from '../read-table.ts';
import { openReportFile } from '../report-file.ts';
import { orSay, stopWanted } from '../stop-signals.ts';
import { sayUsage } from '../usage.ts';
import { type ImportCall, importCall, type Outcome } from './import-calls.ts';
import { countsOf, planTable, reportHead, reportLine, type Told } from './import-tables.ts';
import { type FileRow, readRows } from './read-rows.ts';
import { type ImportWords, readImportWords } from './words.ts';

type Asked = Exclude<ImportWords, { usage: string }>;

/** A key among the words would stay in the shell's history. */
const environment = (env: NodeJS.ProcessEnv) => ({ url: env['HUB_URL'], key: env['HUB_OPERATOR_KEY'] });

/** So many rows are asked about in one call, and so many are done at a time. */
const together = 100;
const atOnce = 4;

const refusedHere = ({ row }: FileRow, why: string): Outcome => ({
  ...{ what: 'refused', orgno: holdsNationalId(row.orgno) ? null : row.orgno, tenantId: null, changes: [] },
  ...{ problem: { type: '/problems/request-invalid', detail: why }, invites: false, invitation: null },
});

/** Whatever the file alone tells is refused here; of the rest the hub says what would become of them. */
const planned = async (rows: readonly FileRow[], call: ImportCall, invite: Asked['invite']): Promise<Told[]> => {
  const twice = namedTwice(rows.map(({ row }) => row));
  const told = rows.map((file, place): { file: FileRow; outcome?: Outcome } => {
    const why = file.fault ?? twice.get(place);
    return why === undefined ? { file } : { file, outcome: refusedHere(file, why) };
  });
  const open = told.filter(({ outcome }) => outcome === undefined);
  for (let from = 0; from < open.length; from += together) {
    const some = open.slice(from, from + together);
    const outcomes = await call(
      some.map(({ file }) => file.row),
      { dryRun: true, invite },
    );
    for (const [place, one] of some.entries()) Object.assign(one, { outcome: outcomes[place] });
  }
  return told.filter((one): one is Told => one.outcome !== undefined);
};

const nameOf = (file: string): string => {
  const stamp = systemClock.now().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  return `${basename(file).replace(/\.[^.]*$/, '')}-report-${stamp}.csv`;
};

/** Row by row, so that it can be stopped between two and knows of each what became of it. */
const applied = async (plan: readonly Told[], call: ImportCall, { file, report, invite, showLinks, json }: Asked) => {
  const path = report ?? nameOf(file);
  const out = await openReportFile(path, reportHead);
  const stopping = new AbortController();
  const say = (text: string) => void process.stderr.write(text);
  void stopWanted().then(() => {
    say('Stopping: the rows under way are finished first.\n');
    stopping.abort();
  });
  const bar = openBar(plan.length);
  const done: Told[] = [];
  let wrong: unknown;
  try {
    await fewAtOnce(
      plan,
      atOnce,
      async (one) => {
        const [outcome = one.outcome] =
          one.outcome.what === 'refused' ? [one.outcome] : await call([one.file.row], { dryRun: false, invite });
        const told = { file: one.file, outcome };
        done.push(told);
        out.write(reportLine(told));
        bar.at(done.length);
      },
      stopping.signal,
    );
  } catch (error) {
    wrong = error;
  } finally {
    bar.end(done.length);
    await out.close();
  }
  if (json) process.stdout.write(jsonOf(done, showLinks));
  else process.stdout.write(`${countsOf(done)}.\n`);
  if (showLinks && !json)
    for (const {
      file: { line },
      outcome,
    } of done)
      if (outcome.invitation)
        process.stdout.write(`line ${line}  ${outcome.orgno ?? ''}  ${outcome.invitation.link}\n`);
  say(
    `The report is in ${path}${done.some(({ outcome }) => outcome.invitation) ? '; whoever has a link in it can read that invitation' : ''}.\n`,
  );
  const left = plan.length - done.length;
  if (wrong) say(`${wrong instanceof Error ? wrong.message : String(wrong)}\n`);
  if (left > 0) say(`${left} of ${plan.length} rows are left: the same command again goes on with them.\n`);
  return left === 0 && done.every(({ outcome }) => outcome.problem === null) ? 0 : 1;
};

const jsonOf = (told: readonly Told[], showLinks: boolean): string =>
  told
    .map(({ file: { line }, outcome: { invitation, ...outcome } }) => {
      const text = scrub(JSON.stringify({ line, ...outcome, invited: invitation !== null }));
      // A link may look like anything: it is written as it is.
      return `${showLinks && invitation ? `${text.slice(0, -1)},"link":${JSON.stringify(invitation.link)}}` : text}\n`;
    })
    .join('');

const run = async (ask: Asked): Promise<number> => {
  const bytes = await readFile(ask.file).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${ask.file} cannot be read (${error.code})`);
  });
  const { rows, unread } = (() => {
    try {
      return readRows(readTable(bytes));
    } catch (error) {
      throw error instanceof TableFault ? new Error(`${ask.file}: ${error.message}`) : error;
    }
  })();
  if (!ask.isPrivate)
    process.stderr.write(`The key goes to ${ask.hub.origin} unencrypted: use https where others share the network\n`);
  if (unread.length > 0)
    process.stderr.write(scrub(`Columns that are not read: ${unread.join(', ').replace(/\p{Cc}/gu, ' ')}\n`));
  const call = importCall(ask.hub, ask.key);
  const plan = await planned(rows, call, ask.invite);
  if (!ask.json) process.stdout.write(planTable(plan));
  if (ask.apply) return applied(plan, call, ask);
  if (ask.json) process.stdout.write(jsonOf(plan, false));
  return plan.some(({ outcome }) => outcome.what === 'refused') ? 1 : 0;
};

/**
 * `hub tenants import`: a plan first, and with `--apply` done, row by row. Exit code 1 when a row was refused or it was stopped, 2 when
 * the words are wrong; what was not refused is done all the same.
 */
export const importCommand = async (words: readonly string[]): Promise<number> => {
  const ask = readImportWords(words, environment(process.env));
  if ('usage' in ask) return sayUsage(words, ask.usage);
  return orSay(() => run(ask));
};
