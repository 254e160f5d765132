import { openDatabase } from '../compose.ts';
import { openCommand } from '../compose-command.ts';
import { loadConfig } from '../config.ts';
import { openLog } from '../lib/log.ts';
import { scrub } from '../lib/mask.ts';
import { importServices } from '../usecases/operator/import-services.ts';
import { planTable } from './services/plan-table.ts';
import { readWords } from './services/words.ts';
import { orSay } from './stop-signals.ts';
import { sayUsage } from './usage.ts';

/**
 * `hub services import`: a plan first, and with `--apply` done. Exit code 1 when something was refused (but for what comes with the
 * hub, some of which wants words of the operator's own), 2 when the words are wrong; what was not refused is done all the same.
 */
export const services = async (words: readonly string[]): Promise<number> => {
  const ask = readWords(words);
  if ('usage' in ask) return sayUsage(words, ask.usage);
  return orSay(async () => {
    const config = loadConfig(process.env, 'command');
    const log = openLog('warn');
    const database = await openDatabase(config, log);
    try {
      const parts = await openCommand(config, database.url, log);
      try {
        const plan = await importServices(parts)(ask);
        process.stdout.write(
          ask.json ? plan.map((row) => `${scrub(JSON.stringify(row))}\n`).join('') : planTable(plan, ask.apply),
        );
        return plan.some(({ what }) => what === 'refused') && ask.from !== 'catalogue' ? 1 : 0;
      } finally {
        await parts.close();
      }
    } finally {
      await database.close();
    }
  });
};
