import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Loaded } from '../load.ts';

/** One row a statement, prepared, each committed by itself, as many bytes as a consent's row: what no hub on pg can beat. */
export const openInserts = async (databaseUrl: string, connections: number) => {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: connections, min: connections });
  await pool.query(`CREATE TABLE IF NOT EXISTS bare_consent
    (id uuid PRIMARY KEY, tenant_id uuid NOT NULL, body jsonb NOT NULL, sealed bytea NOT NULL, created_at timestamptz NOT NULL)`);
  const tenant = randomUUID();
  const sealed = randomBytes(160);
  const insert = (body: string) =>
    pool.query({
      name: 'insert-bare-consent',
      text: 'INSERT INTO bare_consent (id, tenant_id, body, sealed, created_at) VALUES ($1, $2, $3, $4, $5)',
      values: [randomUUID(), tenant, body, sealed, new Date()],
    });
  return {
    async run(body: string, seconds: number): Promise<Loaded> {
      const startedAt = performance.now();
      const end = startedAt + seconds * 1000;
      const times: number[] = [];
      const worker = async () => {
        for (let now = performance.now(); now < end; ) {
          await insert(body);
          const after = performance.now();
          times.push(after - now);
          now = after;
        }
      };
      await Promise.all(Array.from({ length: connections }, worker));
      return { perSecond: times.length / ((performance.now() - startedAt) / 1000), times, answered: times.length };
    },
    insert,
    query: (text: string) => pool.query(text),
    close: () => pool.end(),
  };
};
