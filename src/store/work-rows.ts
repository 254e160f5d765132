import type { Access } from '../domain/access.ts';
import { withoutNulls } from '../lib/without-nulls.ts';
import type { JobName } from '../usecases/jobs.ts';
import type { TenantRows } from '../usecases/store-port.ts';
import type { Tx } from './doors.ts';
import { Prisma, type Access as Row } from './generated/client.ts';

/** Owed work of one tenant. */
export const outboxRows = (tx: Tx, tenantId: string, tell: (topic: string) => void): TenantRows['outbox'] => ({
  async owe(job: JobName, subjectId, dueAt, now) {
    await tx.$executeRaw`select owe(${job}, ${tenantId}::uuid, ${subjectId}::uuid, ${dueAt}::timestamptz, ${now}::timestamptz)`;
    if (dueAt <= now) tell(`work:${job}`);
  },
  async drop(job, subjectId) {
    await tx.outbox.deleteMany({ where: { job, tenantId, subjectId } });
  },
  async releaseBlockedOn(accessId, now, everyMs) {
    const released = await tx.$executeRaw`
      select owe('submit-consent', tenant_id, id, ${now}::timestamptz + (place - 1) * ${everyMs}::int * interval '1 millisecond', ${now}::timestamptz)
      from (select tenant_id, id, row_number() over (order by id) as place from consents
            where tenant_id = ${tenantId}::uuid and blocked_on = ${accessId}::uuid and status = 'blocked') waiting`;
    if (released > 0) tell('work:submit-consent');
    return released;
  },
});

const toAccess = (row: Row): Access => withoutNulls(row) as unknown as Access;

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
  async save({ id, state, problem, since, checkedAt, probes }) {
    await tx.access.update({
      where: { tenantId_id: { tenantId, id } },
      data: { state, problem: problem ?? Prisma.DbNull, since, checkedAt: checkedAt ?? null, probes },
    });
    tell(`access:${tenantId}`);
  },
});
