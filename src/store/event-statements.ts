import type pg from 'pg';
import type { Store } from '../usecases/store-port.ts';
import { asking } from './doors.ts';
import { toEvent } from './event-rows.ts';

type Doors = { tenant: pg.Pool; operator: pg.Pool };
type Row = { oldest: string; newest: string } & (
  | { id: null }
  | { id: string; sequence: bigint; type: string; timestamp: Date; data: Parameters<typeof toEvent>[0]['data'] }
);

/** What readers of events ask again and again, in one round trip each. */
export const eventStatements = ({ tenant, operator }: Doors): Pick<Store, 'readEvents' | 'keysInForce'> => ({
  async readEvents(tenantId, after, most) {
    const text = 'select oldest, newest, sequence, id, type, timestamp, data from read_events($1, $2, $3)';
    const rows = await asking(tenant)<Row>('read-events', text, [tenantId, after, most]);
    const { oldest = 1, newest = 0 } = rows[0] ?? {};
    return {
      oldest: Number(oldest),
      newest: Number(newest),
      items: rows.flatMap((row) => (row.id === null ? [] : [toEvent(row)])),
    };
  },
  async keysInForce(keys, now) {
    const text = `select k.id::text from unnest($1::uuid[], $2::uuid[]) as asked (tenant_id, id)
      join api_keys k on k.tenant_id = asked.tenant_id and k.id = asked.id and k.revoked_at is null
      join tenants t on t.id = k.tenant_id and t.status = 'active'
      where k.expires_at is null or k.expires_at > $3`;
    const values = [keys.map(({ tenantId }) => tenantId), keys.map(({ keyId }) => keyId), now];
    const rows = await asking(operator)<{ id: string }>('keys-in-force', text, values);
    return new Set(rows.map(({ id }) => id));
  },
});
