import { openDatabase } from '../compose.ts';
import { loadConfig } from '../config.ts';
import { openLog } from '../lib/log.ts';
import { migrate } from '../store/migrate.ts';
import { orSay } from './stop-signals.ts';

export const migrateCommand = (): Promise<number> =>
  orSay(async () => {
    const config = loadConfig(process.env, 'command');
    const log = openLog('warn');
    const database = await openDatabase(config, log);
    try {
      const { applied } = await migrate(config.database.directUrl ?? database.url, log);
      process.stdout.write(
        applied.length === 0
          ? 'The database is up to date.\n'
          : `Applied:\n${applied.map((name) => `  ${name}`).join('\n')}\n`,
      );
      return 0;
    } finally {
      await database.close();
    }
  });
