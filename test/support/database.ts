import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

export type FreshDatabase = {
  /** The ordinary login's address, as DATABASE_URL would be. */
  url: string;
  /** The superuser's address of the same database: to look behind the doors. */
  adminUrl: string;
  /** Also when connections are open still. */
  drop(): Promise<void>;
};

const asAdmin = async <T>(work: (admin: pg.Client) => Promise<T>): Promise<T> => {
  const admin = new pg.Client({ connectionString: inject('adminUrl') });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
};

const inDatabase = (address: string, name: string): string => {
  const url = new URL(address);
  url.pathname = `/${name}`;
  return url.href;
};

/** One at a time: PostgreSQL refuses to copy a template while another session is copying it. */
const copying = 4_711;

/** Migrated and empty, and nobody else's. */
export const freshDatabase = async (template: string = inject('template')): Promise<FreshDatabase> => {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdmin(async (admin) => {
    await admin.query('SELECT pg_advisory_lock($1)', [copying]);
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template} OWNER hub`);
  });
  return {
    url: inDatabase(inject('loginUrl'), name),
    adminUrl: inDatabase(inject('adminUrl'), name),
    drop: () =>
      asAdmin(async (admin) => {
        // A session that has said goodbye is gone in a moment; cut off then, it would be an error in somebody's hands.
        const open = async () =>
          (await admin.query('SELECT 1 FROM pg_stat_activity WHERE datname = $1', [name])).rowCount;
        for (const end = performance.now() + 2000; (await open()) && performance.now() < end; )
          await new Promise((resolve) => setTimeout(resolve, 5));
        await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      }),
  };
};

/** Empty, as a DBA hands it over. */
export const bareDatabase = (): Promise<FreshDatabase> => freshDatabase('template0');
