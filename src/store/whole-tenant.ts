import { tenantTables } from './check-store.ts';
import { withLogin } from './direct-login.ts';

/** What is the hub's own work, and says nothing that the other tables do not. */
export const leftOut: readonly (typeof tenantTables)[number][] = [
  'tenant_counters',
  'callback_states',
  'outbox',
  'paces',
  'tokens',
  'feeds',
];

/** A row as one line of JSON, by the columns' names; of a consent also its id and whom it is about, sealed. */
export type TenantLine = { line: string; id?: string; party?: Uint8Array };

const together = 1000;

/**
 * Reads all rows of a tenant, table by table, as they stood at one moment. Columns of bytes stay behind whatever they are called:
 * what is sealed, and what keys and look-ups are recognised by.
 */
export const readWholeTenant = (
  databaseUrl: string,
  tenantId: string,
  visit: (table: string, lines: TenantLine[]) => Promise<void>,
): Promise<void> =>
  withLogin(
    databaseUrl,
    async (client) => {
      await client.query('set role hub_operator');
      await client.query('begin isolation level repeatable read read only');
      for (const table of tenantTables.filter((name) => !leftOut.includes(name))) {
        const { rows: columns } = await client.query<{ name: string }>(
          `select attname as name from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped
             and atttypid <> 'bytea'::regtype order by attnum`,
          [`public.${table}`],
        );
        const shown = columns.map(({ name }) => `"${name}"`).join(', ');
        const where = `"${table}" where ${table === 'tenants' ? 'id' : 'tenant_id'} = $1 order by`;
        const text =
          table === 'consents'
            ? `select id::text, party_sealed as party, (select row_to_json(r)::text from (select ${shown}) r) as line from ${where} id`
            : `select row_to_json(r)::text as line from (select ${shown} from ${where} 1, 2) r`;
        await client.query(`declare whole no scroll cursor for ${text}`, [tenantId]);
        // Named also where it has no rows: an empty file says that there were none.
        await visit(table, []);
        for (;;) {
          const { rows } = await client.query<{ line: string; id?: string; party?: Buffer | null }>(
            `fetch ${together} from whole`,
          );
          if (rows.length === 0) break;
          await visit(
            table,
            rows.map(({ line, id, party }) => ({
              line,
              ...(id === undefined ? {} : { id }),
              ...(party ? { party } : {}),
            })),
          );
        }
        await client.query('close whole');
      }
      await client.query('commit');
    },
    { name: 'hub tenants export' },
  );
