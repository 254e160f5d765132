import { migrate } from '../store/migrate.ts';
import { withDatabase } from './with-database.ts';

export const migrateCommand = (): Promise<number> =>
  withDatabase(async ({ config, databaseUrl, log }) => {
    const { applied } = await migrate(config.database.directUrl ?? databaseUrl, log);
    process.stdout.write(
      applied.length === 0
        ? 'The database is up to date.\n'
        : `Applied:\n${applied.map((name) => `  ${name}`).join('\n')}\n`,
    );
    return 0;
  });
