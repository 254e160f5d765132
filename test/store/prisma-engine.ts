import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSchemaEngine } from '../../bin/schema-engine.ts';

export const prismaFolder = fileURLToPath(new URL('../../prisma/', import.meta.url));
export const schemaText = readFileSync(join(prismaFolder, 'schema.prisma'), 'utf8');
export const noFilters = { externalTables: [], externalEnums: [] };

/** A folder of migrations as Prisma's commands read it. */
export const migrationsIn = (baseDir: string) => ({
  baseDir,
  lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
  shadowDbInitScript: '',
  migrationDirectories: readdirSync(baseDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .map((path) => ({
      path,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok' as const, value: readFileSync(join(baseDir, path, 'migration.sql'), 'utf8') },
      },
    })),
});

/** Prisma's own engine on a database, for as long as `work` takes. */
export const withPrisma = async <T>(
  databaseUrl: string,
  work: (engine: Awaited<ReturnType<typeof openSchemaEngine>>['engine']) => Promise<T>,
): Promise<T> => {
  const { engine, close } = await openSchemaEngine(databaseUrl, schemaText);
  try {
    return await work(engine);
  } finally {
    await close();
  }
};
