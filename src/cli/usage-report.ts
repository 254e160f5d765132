import { openCommand } from '../compose-command.ts';
import { monthOf } from '../domain/usage.ts';
import { allUsage } from '../usecases/usage/read-usage.ts';
import { sayUsage } from './usage.ts';
import { usageCsv, usageTable } from './usage-report/tables.ts';
import { readWords } from './usage-report/words.ts';
import { withDatabase } from './with-database.ts';

/** `hub usage`: what each tenant used, by month in UTC, for invoices. Exit code 2 when the words are wrong. */
export const usage = async (words: readonly string[]): Promise<number> => {
  const ask = readWords(words);
  if ('usage' in ask) return sayUsage(words, ask.usage);
  return withDatabase(async ({ config, databaseUrl, log }) => {
    const parts = await openCommand(config, databaseUrl, log);
    try {
      const span = ask.span ?? { from: monthOf(parts.clock.now()), to: monthOf(parts.clock.now()) };
      const rows = await allUsage(parts)(span);
      process.stdout.write(ask.csv ? usageCsv(rows) : usageTable(rows));
      return 0;
    } finally {
      await parts.close();
    }
  });
};
