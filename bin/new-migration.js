// Writes the next migration: what prisma/schema.prisma says beyond the migrations that stand. `npm run db:new -- name`
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const prisma = fileURLToPath(new URL('../prisma/', import.meta.url));

/** The schema as the migrations make it is read from a database they made, on a server that is thrown away after. */
const difference = async () => {
  const { startTemporaryPostgres } = await import('../src/embedded/temporary.ts');
  const { silentLog } = await import('../src/lib/log.ts');
  const { migrate } = await import('../src/store/migrate.ts');
  const { openSchemaEngine } = await import('./schema-engine.ts');
  const postgres = await startTemporaryPostgres(silentLog);
  try {
    await migrate(postgres.url, silentLog);
    const schema = await readFile(join(prisma, 'schema.prisma'), 'utf8');
    const files = [{ path: 'schema.prisma', content: schema }];
    const { engine, close } = await openSchemaEngine(postgres.url, schema);
    try {
      const { exitCode, stdout } = await engine.diff({
        from: { tag: 'schemaDatasource', files, configDir: prisma },
        to: { tag: 'schemaDatamodel', files },
        script: true,
        exitCode: true,
        filters: { externalTables: [], externalEnums: [] },
      });
      return exitCode === 0 ? undefined : stdout;
    } finally {
      await close();
    }
  } finally {
    await postgres.stop();
  }
};

const write = async (name) => {
  const script = await difference();
  const at = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const file = join(prisma, 'migrations', `${at}_${name}`, 'migration.sql');
  await mkdir(join(file, '..'));
  await writeFile(
    file,
    script ??
      '-- schema.prisma says nothing new: what it cannot say (policies, checks, grants) is written here by hand.\n',
  );
  process.stdout.write(`${file}\n`);
  if (script?.includes('CREATE TABLE')) {
    process.stdout.write(
      'A new table needs its row policies and grants: add them there, as the first migration does.\n',
    );
  }
};

const [name = ''] = process.argv.slice(2);
if (Number.parseInt(process.versions.node, 10) < 24) {
  process.stderr.write('Run it as `npm run db:new -- name`: npm brings the Node it needs.\n');
  process.exitCode = 2;
} else if (!/^[a-z][a-z0-9_]{2,50}$/.test(name)) {
  process.stderr.write(
    'Name it after what it changes, e.g. `npm run db:new -- tenants_have_logos` (a to z, digits, underscores).\n',
  );
  process.exitCode = 2;
} else await write(name);
