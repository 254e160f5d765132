import { openDatabase } from '../compose.ts';
import { type Config, loadConfig } from '../config.ts';
import { type Log, type LogLevel, openLog } from '../lib/log.ts';
import { orSay } from './stop-signals.ts';

type Ground = { config: Config; databaseUrl: string; log: Log };

/** What most commands stand on: settings read, the database opened and closed again, and why not said in one line. */
export const withDatabase = (run: (ground: Ground) => Promise<number>, level: LogLevel = 'warn'): Promise<number> =>
  orSay(async () => {
    const config = loadConfig(process.env, 'command');
    const log = openLog(level);
    const database = await openDatabase(config, log);
    try {
      return await run({ config, databaseUrl: database.url, log });
    } finally {
      await database.close();
    }
  });
