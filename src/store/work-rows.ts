import type { JobName } from '../usecases/jobs.ts';
import type { TenantRows } from '../usecases/store-port.ts';
import type { Tx } from './doors.ts';

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
