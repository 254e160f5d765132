import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import * as engine from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';

type Exports = { __wbindgen_start(): void };
/** Node has it; TypeScript knows it only among a browser's types, which this project leaves out. */
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: { instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: Exports } }> };
};

/**
 * The catalogue is full of PostgreSQL's one-letter type. Prisma's adapter does not know it, though its engine asks for it:
 * the pool passes it off as bytes, of which the catalogue has none, and the adapter calls those letters.
 */
const openPool = (connectionString: string): pg.Pool => {
  const pool = new pg.Pool({ connectionString });
  const query = pool.query.bind(pool) as (...words: unknown[]) => Promise<pg.QueryResult>;
  const { CHAR, BYTEA } = pg.types.builtins;
  const patched = async (...words: unknown[]) => {
    const result = await query(...words);
    for (const field of result.fields) if (field.dataTypeID === CHAR) field.dataTypeID = BYTEA;
    return result;
  };
  return Object.assign(pool, { query: patched });
};

const factoryOn = (pool: pg.Pool): SqlMigrationAwareDriverAdapterFactory => {
  const factory = new PrismaPg(pool);
  const { Bytes, Character } = ColumnTypeEnum;
  const connect = async () => {
    const adapter = await new PrismaPg(pool).connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (query) => {
      const answer = await queryRaw(query);
      return { ...answer, columnTypes: answer.columnTypes.map((type) => (type === Bytes ? Character : type)) };
    };
    return adapter;
  };
  return Object.assign(factory, { connect });
};

let loading: Promise<void> | undefined;

/** Once a process: the library keeps one instance, and a second would pull it away from under those that use the first. */
const load = async (): Promise<void> => {
  // Where the engine leaves its last words when it fails in itself.
  Object.assign(globalThis, {
    PRISMA_WASM_PANIC_REGISTRY: { set_message: (words: string) => process.stderr.write(`${words}\n`) },
  });
  const wasm = join(
    dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg')),
    'schema_engine_bg.wasm',
  );
  const { instance } = await WebAssembly.instantiate(await readFile(wasm), { './schema_engine_bg.js': engine });
  const { __wbg_set_wasm } = engine as unknown as { __wbg_set_wasm(exports: Exports): void };
  __wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
};

/** Prisma's own schema engine, in this process: it compares schemas and knows the history of migrations. */
export const openSchemaEngine = async (databaseUrl: string, schema: string) => {
  loading ??= load();
  await loading;
  const pool = openPool(databaseUrl);
  const opened = await engine.SchemaEngine.new(
    { datamodels: [['schema.prisma', schema]] },
    () => {},
    bindMigrationAwareSqlAdapterFactory(factoryOn(pool)),
  );
  return { engine: opened, close: () => pool.end() };
};
