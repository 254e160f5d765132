import type pg from 'pg';
import type { TokenStore } from '../usecases/token-store-port.ts';
import { asking } from './doors.ts';
import { renewalRows } from './renewal-rows.ts';
import { tokenColumns, toToken } from './token-rows.ts';

type Row = Parameters<typeof toToken>[0];
type Pools = { tenant: pg.Pool; operator: pg.Pool };

/** Tokens, each statement in one round trip: through the tenant's door by functions whose first statement sets the tenant. */
export const tokenStatements = ({ tenant, operator }: Pools, tell: (topic: string) => void): TokenStore => {
  const [ofTenant, ofOperator] = [asking(tenant), asking(operator)];
  return {
    async tokenRow(tenantId, { identity, clientId, scopes, resource, consentId }, id, mostResources, now) {
      const text = `select ${tokenColumns} from token_row($1, $2, $3, $4, $5, $6, $7, $8, $9)`;
      const spec = [Buffer.from(identity), id, clientId, scopes, resource, consentId ?? null];
      const [row] = await ofTenant<Row>('token-row', text, [tenantId, ...spec, mostResources, now]);
      return row && toToken(row);
    },
    async findToken(tenantId, id) {
      const text = `select ${tokenColumns} from find_token($1, $2)`;
      const [row] = await ofTenant<Row>('find-token', text, [tenantId, id]);
      return row && toToken(row);
    },
    async leaseToken(tenantId, id, forMs, seenFetchedAt) {
      const text = 'select lease_token($1, $2, $3, $4) as lease';
      const values = [tenantId, id, forMs, seenFetchedAt ?? null];
      const [row] = await ofTenant<{ lease: number | null }>('lease-token', text, values);
      return row?.lease ?? undefined;
    },
    async keepToken({ tenantId, id, consentId }, lease, { sealed, expiresAt, fetchedAt, lifeSeconds, renewAt }) {
      const text = 'select keep_token($1, $2, $3, $4, $5, $6, $7, $8, $9) as came';
      const times = [expiresAt, fetchedAt, lifeSeconds, consentId ?? null, renewAt ?? null];
      const values = [tenantId, id, lease, Buffer.from(sealed), ...times];
      const [row] = await ofTenant<{ came: 'kept' | 'late' | 'ended' | 'suspended' }>('keep-token', text, values);
      tell(`token:${id}`);
      return row?.came ?? 'late';
    },
    async failToken(tenantId, id, lease, failure, until) {
      const values = [tenantId, id, lease, JSON.stringify(failure), until];
      await ofTenant('fail-token', 'select fail_token($1, $2, $3, $4, $5)', values);
      tell(`token:${id}`);
    },
    async noteUses(uses) {
      // Of several uses of one the latest stays. Locked in the order of keys, as by whoever changes several.
      const text = `with used as (
          select u.tenant_id, u.id, max(u.at) as at from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as u(tenant_id, id, at) group by 1, 2
        ), held as (
          select t.tenant_id, t.id, u.at from tokens t join used u on t.tenant_id = u.tenant_id and t.id = u.id
          where t.used_at is null or t.used_at < u.at order by t.tenant_id, t.id for no key update of t
        )
        update tokens t set used_at = h.at from held h where t.tenant_id = h.tenant_id and t.id = h.id`;
      const values = [uses.map(({ tenantId }) => tenantId), uses.map(({ id }) => id), uses.map(({ at }) => at)];
      await ofOperator('note-uses', text, values);
    },
    async addTokenCounts(counts) {
      const text = `insert into token_counts as t (tenant_id, key_id, scope, span, since, count, last_at)
        select "tenantId", "keyId", scope, 'hour', hour, count, "lastAt" from jsonb_to_recordset($1) as o(
          "tenantId" uuid, "keyId" uuid, scope text, hour timestamptz, count bigint, "lastAt" timestamptz)
        order by 1, 2, 3, 5
        on conflict (tenant_id, key_id, scope, span, since) do update
        set count = t.count + excluded.count, last_at = greatest(t.last_at, excluded.last_at)`;
      await ofOperator('add-token-counts', text, [JSON.stringify(counts)]);
    },
    renewals: renewalRows(operator),
  };
};
