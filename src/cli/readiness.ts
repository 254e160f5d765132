import { parseArgs } from 'node:util';
import { openCommand } from '../compose-command.ts';
import type { Standing } from '../domain/readiness.ts';
import { scrub } from '../lib/mask.ts';
import { pageOfStandings } from '../usecases/access/overview.ts';
import { standingTable } from './readiness/standing-table.ts';
import { sayUsage } from './usage.ts';
import { withDatabase } from './with-database.ts';

const usage = `hub readiness   what each tenant lacks for each of its services, and whose move it is; asks nobody
  --json        one line of JSON for each service of each tenant
`;

const readWords = (words: readonly string[]): { json: boolean } | undefined => {
  try {
    return parseArgs({ args: [...words], options: { json: { type: 'boolean', default: false } } }).values;
  } catch {
    return undefined;
  }
};

const pageSize = 500;

/** `hub readiness`: the operator's overview, as it was found out last. Exit code 2 when the words are wrong. */
export const readiness = async (words: readonly string[]): Promise<number> => {
  const ask = readWords(words);
  if (!ask) return sayUsage(words, usage);
  return withDatabase(async ({ config, databaseUrl, log }) => {
    const { store, clock, close } = await openCommand(config, databaseUrl, log);
    try {
      const { clients, services } = await store.asOperator(async (rows) => ({
        clients: await rows.clients.list(),
        services: await rows.services.list(),
      }));
      const now = clock.now();
      const settings = { ...config, altinn2: config.altinn2.told };
      const house = { clients, catalogue: new Map(services.map((one) => [one.key, one])), settings, now };
      const all: Standing[] = [];
      let cursor: string | undefined;
      do {
        const page = await pageOfStandings(store, house, {}, { cursor, limit: pageSize });
        all.push(...page.items);
        cursor = page.next;
      } while (cursor !== undefined);
      process.stdout.write(
        ask.json ? all.map((one) => `${scrub(JSON.stringify(one))}\n`).join('') : standingTable(all, now),
      );
      return 0;
    } finally {
      await close();
    }
  });
};
