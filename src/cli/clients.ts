import { openSelfServiceCommand } from '../compose-selfservice.ts';
import { scrub } from '../lib/mask.ts';
import { type SyncRow, syncClients } from '../usecases/selfservice/sync-clients.ts';
import { rowText, verdict } from './clients/sync-table.ts';
import { readWanted } from './clients/wanted-file.ts';
import { readWords } from './clients/words.ts';
import { stopWanted } from './stop-signals.ts';
import { sayUsage } from './usage.ts';
import { withDatabase } from './with-database.ts';

/**
 * `hub clients sync`: what would change of the operator's clients at Digdir, and with `--apply` does it; needs a worker's settings.
 * Stoppable between two clients, and repeatable. Exit code 1 when something was refused or it was stopped, 2 when the words are wrong.
 */
export const clients = async (words: readonly string[]): Promise<number> => {
  const ask = readWords(words);
  if ('usage' in ask) return sayUsage(words, ask.usage);
  // What is done is told by the rows; what else happens is for whoever looks closer.
  return withDatabase(async ({ config, databaseUrl, log }) => {
    const wanted = ask.file === undefined ? [] : await readWanted(ask.file);
    const parts = await openSelfServiceCommand(config, databaseUrl, log);
    const stopping = new AbortController();
    void stopWanted().then(() => stopping.abort());
    const rows: SyncRow[] = [];
    try {
      await syncClients(parts)(
        { wanted, apply: ask.apply, prune: ask.prune },
        (row) => {
          rows.push(row);
          process.stdout.write(ask.json ? `${scrub(JSON.stringify(row))}\n` : rowText(row));
        },
        stopping.signal,
      );
    } finally {
      await parts.close();
    }
    if (!ask.json) process.stdout.write(verdict(rows, ask.apply));
    return stopping.signal.aborted || rows.some(({ problem }) => problem) ? 1 : 0;
  }, 'error');
};
