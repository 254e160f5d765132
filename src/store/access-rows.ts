import type pg from 'pg';
import type { Access } from '../domain/access.ts';
import type { KeptProblem } from '../domain/problem.ts';
import { orNull, withoutNulls } from '../lib/without-nulls.ts';
import type { AccessStatements, OperatorAccessRows } from '../usecases/access-port.ts';
import type { TenantRows } from '../usecases/store-port.ts';
import { asking, type Tx } from './doors.ts';
import { Prisma, type Access as Row } from './generated/client.ts';

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

/** Of the tenant's door, in one round trip. */
export const accessStatements = (pool: pg.Pool): AccessStatements => ({
  async takeProbeTurn({ tenantId, id }, name, now, { everyMs, most }) {
    const text = 'select take_probe_turn($1, $2, $3, $4, $5, $6) as turn';
    const values = [tenantId, id, name, now, everyMs, most];
    const [row] = await asking(pool)<{ turn: Date }>('take-probe-turn', text, values);
    return row?.turn ?? now;
  },
});
