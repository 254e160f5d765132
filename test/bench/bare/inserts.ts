import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Loaded } from '../load.ts';

const columns = {
  id: 'uuid PRIMARY KEY',
  tenant_id: 'uuid',
  status: 'text',
  generation: 'text',
  reference: 'text',
  party_kind: 'text',
  party_masked: 'text',
  party_lookup: 'bytea',
  party_sealed: 'bytea',
  rights: 'jsonb',
  valid_to: 'timestamptz',
  redirect_url: 'text',
  created_by: 'uuid',
  created_at: 'timestamptz',
  route: 'text',
  key: 'text',
  body_hmac: 'bytea',
  job: 'text',
  due_at: 'timestamptz',
};
const names = Object.keys(columns);

/**
 * One row a statement, prepared, each committed by itself, one index: what no hub on pg can beat. The row holds the bytes
 * of what a create writes: consent, idempotency record and owed work.
 */
export const openInserts = async (databaseUrl: string, connections: number) => {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: connections, min: connections });
  const defined = Object.entries(columns).map(([name, type]) => `${name} ${type}`);
  await pool.query(`CREATE TABLE IF NOT EXISTS bare_consent (${defined.join(', ')})`);
  const tenant = randomUUID();
  const [lookup, sealed, hmac] = [32, 180, 32].map((many) => randomBytes(many));
  const text = `INSERT INTO bare_consent (${names.join(', ')}) VALUES (${names.map((_, place) => `$${place + 1}`).join(', ')})`;
  let made = 0;
  const insert = (ask: { rights: object; validTo: string; redirectUrl: string; reference?: string }) => {
    made += 1;
    const now = new Date();
    const asked = [ask.reference, 'person', '259229*****', lookup, sealed, JSON.stringify(ask.rights), ask.validTo];
    const kept = [ask.redirectUrl, tenant, now, 'POST /v1/consents', `bare-${made}`, hmac, 'submit-consent', now];
    const values = [randomUUID(), tenant, 'queued', 'altinn3', ...asked, ...kept];
    return pool.query({ name: 'insert-bare-consent', text, values });
  };
  return {
    async run(body: string, seconds: number): Promise<Loaded> {
      const ask = JSON.parse(body);
      const startedAt = performance.now();
      const end = startedAt + seconds * 1000;
      const times: number[] = [];
      const worker = async () => {
        for (let now = performance.now(); now < end; ) {
          await insert(ask);
          const after = performance.now();
          times.push(after - now);
          now = after;
        }
      };
      await Promise.all(Array.from({ length: connections }, worker));
      return { perSecond: times.length / ((performance.now() - startedAt) / 1000), times, answered: times.length };
    },
    insert: (body: string) => insert(JSON.parse(body)),
    close: () => pool.end(),
  };
};
