import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { Problem } from '../domain/problem.ts';
import type { Log } from '../lib/log.ts';
import { type Prisma, PrismaClient } from './generated/client.ts';

type DoorRole = 'hub_tenant' | 'hub_operator';
export type Tx = Prisma.TransactionClient;

/** One door: a pool whose connections start, and stay, in one role (`RESET ROLE` leads back to it). */
export type Door = {
  pool: pg.Pool;
  /** Does it lead elsewhere? In words for whoever started the hub. */
  fault(): Promise<string | undefined>;
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

const unreachable = new Set([
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
  'P2028',
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
]);

/** The database is away, stopping, full or too busy: another try may well succeed. Anything else is ours. */
const isAway = (error: unknown): boolean => {
  let at: unknown = error;
  for (let depth = 0; typeof at === 'object' && at !== null && depth < 5; depth++) {
    // The driver's own errors, which Prisma lets through where a transaction begins or ends, have a plain object as cause.
    const { code, originalCode, message = '', cause } = at as Record<string, unknown>;
    // PostgreSQL's own code, or Prisma's, which then has the other in its text.
    // 08 connection, 53 resources, 57P0x being stopped, 40 conflicts that a repeat resolves
    for (const said of [code, originalCode, /Code: `(\w{5})`/.exec(String(message))?.[1]])
      if (typeof said === 'string' && (unreachable.has(said) || /^(08|53|57P0|40)/.test(said))) return true;
    if (
      /timeout exceeded when trying to connect|Connection terminated|is not queryable|Can't reach database|Closed connection|server closed/i.test(
        String(message),
      )
    )
      return true;
    at = cause;
  }
  return false;
};

/** Turns the database's absence, and a name that is taken, into problems that callers know; passes everything else on. */
export const knownFault = (error: unknown): unknown => {
  if (isAway(error))
    return new Problem('database-unavailable', 'The database did not answer', { cause: error, retryAfterSeconds: 2 });
  if (error instanceof Error && 'code' in error && error.code === 'P2002')
    return new Problem('already-exists', 'There is one with this number, key or id already', { cause: error });
  return error;
};

/** What PostgreSQL said of a statement, while the connection stands; anything else says nothing of what became of it. */
export const isOfStatement = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^(2|4[02]|P0)/.test(String(error.code));

/** One prepared statement in one round trip. @throws Problem `database-unavailable` */
export const asking =
  (pool: pg.Pool) =>
  async <R extends object>(name: string, text: string, values: unknown[] = []): Promise<R[]> => {
    const { rows } = await pool.query<R & pg.QueryResultRow>({ name, text, values }).catch((error: unknown) => {
      throw knownFault(error);
    });
    return rows;
  };

type PoolOptions = { url: string; role: DoorRole; connections: number };

/** Connections of one role. */
export const openPool = ({ url, role, connections }: PoolOptions, log: Log): pg.Pool => {
  const pool = new pg.Pool({
    connectionString: url,
    options: `-c role=${role} -c timezone=UTC -c statement_timeout=30s -c idle_in_transaction_session_timeout=30s`,
    application_name: `samtykkehub ${role}`,
    max: connections,
    connectionTimeoutMillis: 5000,
    idleTimeoutMillis: 60_000,
  });
  // A connection that breaks is replaced at the next use; without a listener, also between two statements, it would end the
  // process. Whoever was using it hears of it by the statement that fails.
  pool.on('error', (error) => log.warn({ error, role }, 'an idle database connection broke'));
  pool.on('connect', (client) => {
    client.on('error', (error) => log.debug({ error, role }, 'a database connection broke'));
  });
  return pool;
};

export const openDoor = (url: string, role: DoorRole, connections: number, log: Log): Door => {
  const pool = openPool({ url, role, connections }, log);
  // Minimal: its errors would else quote what they were asked to write.
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool), errorFormat: 'minimal' });
  return {
    pool,
    async fault() {
      const { rows } = await pool.query<{ name: string }>('select current_user as name');
      return rows[0]?.name === role
        ? undefined
        : `connections act as ${rows[0]?.name} and not as ${role}: a pooler before the database drops the startup parameter "options"; let it pass that on, or go round it`;
    },
    transaction: (work) => prisma.$transaction(work, { maxWait: 5000, timeout: 20_000 }),
    async close() {
      await prisma.$disconnect();
      await pool.end();
    },
  };
};
