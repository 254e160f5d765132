import type pg from 'pg';
import type { Access } from '../domain/access.ts';
import type { KeptProblem } from '../domain/problem.ts';
import { orNull, withoutNulls } from '../lib/without-nulls.ts';
import type { AccessSeen, AccessStatements, OperatorAccessRows } from '../usecases/access-port.ts';
import type { TenantRows } from '../usecases/store-port.ts';
import type { Tenant } from '../usecases/use-cases.ts';
import { asking, type Tx } from './doors.ts';
import { Prisma, type Access as Row } from './generated/client.ts';
import { rowOfJson } from './row-of-json.ts';

const toAccess = (row: Row): Access => withoutNulls(row) as unknown as Access;
const jsonOf = (problem: KeptProblem | undefined) => problem ?? Prisma.DbNull;

export const accessRows = (tx: Tx, tenantId: string, tell: (topic: string) => void): TenantRows['access'] => ({
  list: async () => (await tx.access.findMany({ where: { tenantId } })).map(toAccess),
  async find(id) {
    const row = await tx.access.findUnique({ where: { tenantId_id: { tenantId, id } } });
    return row ? toAccess(row) : undefined;
  },
  async ensure(kind, name, id, now) {
    await tx.$executeRaw`insert into access (tenant_id, id, kind, name, state, since) values
      (${tenantId}::uuid, ${id}::uuid, ${kind}, ${name}, 'unknown', ${now}::timestamptz) on conflict do nothing`;
    await tx.$queryRaw`select 1 from access where tenant_id = ${tenantId}::uuid and kind = ${kind} and name = ${name} for update`;
    return toAccess(await tx.access.findUniqueOrThrow({ where: { tenantId_kind_name: { tenantId, kind, name } } }));
  },
  async save({ id, state, problem, ownProblem, since, checkedAt, probes, grantSince, delegationSince, grantedAt }) {
    const dates = {
      checkedAt: orNull(checkedAt),
      grantSince: orNull(grantSince),
      delegationSince: orNull(delegationSince),
      grantedAt: orNull(grantedAt),
    };
    await tx.access.update({
      where: { tenantId_id: { tenantId, id } },
      data: { state, problem: jsonOf(problem), ownProblem: jsonOf(ownProblem), since, probes, ...dates },
    });
    tell(`access:${tenantId}`);
  },
  async want(id, now) {
    await tx.access.update({ where: { tenantId_id: { tenantId, id } }, data: { wantedAt: now } });
  },
  async beginPace(id) {
    await tx.access.update({ where: { tenantId_id: { tenantId, id } }, data: { probes: 1 } });
  },
});

export const operatorAccessRows = (tx: Tx, tell: (topic: string) => void): OperatorAccessRows => ({
  async oweLooks({ tenantId = null, service = null, all = false }, own, now) {
    const [row] = await tx.$queryRaw<{ owed: number }[]>`
      select owe_looks(${tenantId}::uuid, ${service}::text, ${JSON.stringify(own)}::jsonb, ${all}::boolean, ${now}::timestamptz) as owed`;
    const owed = row?.owed ?? 0;
    if (owed > 0) tell('work:probe-access');
    return owed;
  },
});

/** Without what is sealed. */
const standingsText = `
  select to_jsonb(t) - 'hmac_key_sealed' as tenant,
    (select coalesce(jsonb_agg(to_jsonb(a)), '[]') from access a where a.tenant_id = t.id) as access,
    (select min(w.created_at) from webhook_endpoints w where w.tenant_id = t.id and w.status = 'enabled') as "webhookSince"
  from tenants t where ($1::uuid is null or t.id > $1::uuid or ($2 and t.id = $1::uuid)) and cardinality(t.services) > 0
  order by t.id limit $3`;

type Json = Record<string, unknown>;
type Standing = { tenant: Json; access: Json[]; webhookSince: Date | null };
const read = <R extends object>(json: Json): R => withoutNulls(rowOfJson<R>(json)) as R;

/** Of blocked consents those alone that stand in their index. */
const seenText = `
  select 'blocked' as what, coalesce(c.problem->>'mover', 'unknown') as mover, count(*)::int as many
  from consents c join tenants t on t.id = c.tenant_id where c.status = 'blocked' and c.blocked_on is not null and t.status = 'active' group by 2
  union all
  select 'missing', coalesce(a.problem->>'mover', 'unknown'), count(*)::int
  from access a join tenants t on t.id = a.tenant_id where a.state = 'missing' and t.status = 'active' group by 2`;

/** A turn is of the tenant's door, what is seen over all tenants of the operator's; each in one round trip. */
export const accessStatements = ({ tenant, operator }: { tenant: pg.Pool; operator: pg.Pool }): AccessStatements => ({
  async takeProbeTurn({ tenantId, id }, name, now, { everyMs, most }) {
    const text = 'select take_probe_turn($1, $2, $3, $4, $5, $6) as turn';
    const values = [tenantId, id, name, now, everyMs, most];
    const [row] = await asking(tenant)<{ turn: Date }>('take-probe-turn', text, values);
    return row?.turn ?? now;
  },
  async standings(from, limit) {
    const [id, isIncluded] = from ? ('at' in from ? [from.at, true] : [from.after, false]) : [null, false];
    const rows = await asking(operator)<Standing>('standings', standingsText, [id, isIncluded, limit]);
    return rows.map(({ webhookSince, ...row }) => ({
      tenant: read<Tenant>(row.tenant),
      access: row.access.map((one) => read<Access>(one)),
      ...(webhookSince ? { webhookSince } : {}),
    }));
  },
  accessSeen: () => asking(operator)<AccessSeen>('access-seen', seenText),
});
