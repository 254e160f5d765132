import { openCommand } from '../compose-command.ts';
import { scrub } from '../lib/mask.ts';
import { importServices } from '../usecases/operator/import-services.ts';
import { planTable } from './services/plan-table.ts';
import { readWords } from './services/words.ts';
import { sayUsage } from './usage.ts';
import { withDatabase } from './with-database.ts';

/**
 * `hub services import`: a plan first, and with `--apply` done. Exit code 1 when something was refused (but for what comes with the
 * hub, some of which wants words of the operator's own), 2 when the words are wrong; what was not refused is done all the same.
 */
export const services = async (words: readonly string[]): Promise<number> => {
  const ask = readWords(words);
  if ('usage' in ask) return sayUsage(words, ask.usage);
  return withDatabase(async ({ config, databaseUrl, log }) => {
    const parts = await openCommand(config, databaseUrl, log);
    try {
      const plan = await importServices(parts)(ask);
      process.stdout.write(
        ask.json ? plan.map((row) => `${scrub(JSON.stringify(row))}\n`).join('') : planTable(plan, ask.apply),
      );
      return plan.some(({ what }) => what === 'refused') && ask.from !== 'catalogue' ? 1 : 0;
    } finally {
      await parts.close();
    }
  });
};
