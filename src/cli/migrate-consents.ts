import { openCommand } from '../compose-command.ts';
import { openExamination } from '../compose-examination.ts';
import type { Config } from '../config.ts';
import { openLog } from '../lib/log.ts';
import { sealingRing } from '../lib/seal.ts';
import { openKeys } from '../local-keys.ts';
import { type MovingRow, moveConsents } from '../usecases/consents/move-consents.ts';
import { csvHead, csvLine, openReport } from './moving/report.ts';
import { openTenantToken } from './moving/tenant-token.ts';
import { type MovingWords, readWords } from './moving/words.ts';
import { openBar } from './progress-bar.ts';
import { openReportFile } from './report-file.ts';
import { stopWanted } from './stop-signals.ts';
import { sayUsage } from './usage.ts';
import { withDatabase } from './with-database.ts';

type Asked = Exclude<MovingWords, { usage: string }>;

const openCsv = async (path: string | undefined) => {
  if (path === undefined) return { add: () => undefined, close: async () => undefined };
  const { write, close } = await openReportFile(path, csvHead);
  return { add: (row: MovingRow) => write(csvLine(row)), close };
};

const run = async (
  config: Config,
  databaseUrl: string,
  { tenant: orgno, apply, named, csv }: Asked,
): Promise<number> => {
  const log = openLog('warn');
  const parts = await openCommand(config, databaseUrl, log);
  const looking = await openExamination(config, databaseUrl, { hsm: true });
  try {
    const tenant = await looking.reader.findTenant(orgno);
    if (!tenant) throw new Error(`No tenant has the number ${orgno}`);
    if (tenant.status !== 'active')
      throw new Error(`${tenant.name} is ${tenant.status}: nothing is asked for in its name`);
    const { sealing } = await openKeys(config, { openKeystore: false });
    const total = await parts.store.asTenant(tenant.id, (rows) => rows.consents.countAtAltinn2());
    const services = await parts.store.asOperator((rows) => rows.services.list());
    const file = await openCsv(csv);
    const report = openReport();
    const bar = openBar(total);
    const stopping = new AbortController();
    void stopWanted().then(() => stopping.abort());
    const move = moveConsents({
      ...parts,
      settings: { eraseAfterMs: config.eraseAfterMs },
      sealing: sealingRing(sealing),
      altinn3: looking.altinn3,
    });
    try {
      // Only where there is something to read: an API's process has no key to ask with.
      const token = total === 0 ? async () => '' : await openTenantToken(looking, tenant);
      const tell = (row: MovingRow) => {
        report.add(row);
        file.add(row);
        bar.at(report.done());
      };
      await move({ tenant, services, named, apply, token, tell, stop: stopping.signal });
    } finally {
      bar.end(report.done());
      await file.close();
      process.stdout.write(report.text(Math.max(0, total - report.done())));
    }
    return report.stayed() > 0 || stopping.signal.aborted ? 1 : 0;
  } finally {
    await looking.close();
    await parts.close();
  }
};

/**
 * What of a tenant's consents of Altinn 2 would move to Altinn 3, and with `--apply` moves it; needs a worker's settings. Exit
 * code 1 when something stays or it was stopped, 2 when the words are wrong.
 */
export const migrateConsents = async (words: readonly string[]): Promise<number> => {
  const ask = readWords(words);
  if ('usage' in ask) return sayUsage(words, ask.usage);
  return withDatabase(({ config, databaseUrl }) => run(config, databaseUrl, ask));
};
