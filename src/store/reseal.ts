import pg from 'pg';
import type { Place, SealingRing } from '../lib/seal.ts';

/**
 * Every column sealed with the symmetric ring: its key columns, and the place that was bound in when it was sealed (the
 * same as where the use cases seal it). `test/store/reseal.test.ts` holds this list against the schema.
 */
export const sealedColumns: {
  table: string;
  column: string;
  keys: string[];
  place(row: Record<string, string>): Place;
}[] = [
  {
    table: 'tenants',
    column: 'hmac_key_sealed',
    keys: ['id'],
    place: ({ id = '' }) => ({ tenantId: id, table: 'tenants', column: 'hmac_key', row: id }),
  },
  ...(
    [
      ['consents', 'party_sealed', 'party_sealed'],
      ['tokens', 'token_sealed', 'token_sealed'],
      ['webhook_endpoints', 'secret_sealed', 'secret_sealed'],
      ['webhook_endpoints', 'previous_secret_sealed', 'secret_sealed'],
      ['webhook_endpoints', 'auth_sealed', 'auth_sealed'],
    ] as const
  ).map(([table, column, bound]) => ({
    table,
    column,
    keys: ['tenant_id', 'id'],
    place: ({ tenant_id: tenantId = '', id = '' }: Record<string, string>) => ({
      tenantId,
      table,
      column: bound,
      row: id,
    }),
  })),
  {
    table: 'webhook_attempts',
    column: 'answer_sealed',
    keys: ['tenant_id', 'delivery_id', 'number'],
    place: ({ tenant_id: tenantId = '', delivery_id = '', number = '' }) => ({
      tenantId,
      table: 'webhook_attempts',
      column: 'answer_sealed',
      row: `${delivery_id}/${number}`,
    }),
  },
];

const batch = 500;

/** Moves all sealed values to the ring's first key, in small steps beside a running hub: a value that changed meanwhile is left as it is. */
export const resealAll = async (
  databaseUrl: string,
  ring: SealingRing,
): Promise<{ name: string; moved: number; left: number }[]> => {
  const client = new pg.Client({ connectionString: databaseUrl, options: '-c role=hub_operator' });
  await client.connect();
  const counts = [];
  try {
    for (const { table, column, keys, place } of sealedColumns) {
      const count = { name: `${table}.${column}`, moved: 0, left: 0 };
      let after: unknown[] | undefined;
      for (;;) {
        const from = after ? `and (${keys.join(', ')}) > (${keys.map((_, index) => `$${index + 1}`).join(', ')})` : '';
        const { rows } = await client.query<Record<string, string> & { sealed: Buffer }>(
          `select ${keys.join(', ')}, ${column} as sealed from ${table} where ${column} is not null ${from} order by ${keys.join(', ')} limit ${batch}`,
          after ?? [],
        );
        for (const { sealed, ...row } of rows) {
          if (ring.isCurrent(sealed as Buffer)) continue;
          try {
            const anew = ring.seal(place(row), ring.open(place(row), sealed as Buffer));
            const where = keys.map((key, index) => `${key} = $${index + 3}`).join(' and ');
            const { rowCount } = await client.query(
              `update ${table} set ${column} = $1 where ${column} = $2 and ${where}`,
              [Buffer.from(anew), sealed, ...keys.map((key) => row[key])],
            );
            count.moved += rowCount ?? 0;
          } catch {
            count.left += 1;
          }
        }
        const last = rows.at(-1);
        if (!last || rows.length < batch) break;
        after = keys.map((key) => last[key]);
      }
      counts.push(count);
    }
  } finally {
    await client.end();
  }
  return counts;
};
