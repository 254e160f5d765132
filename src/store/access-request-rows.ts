import type { AccessRequest } from '../domain/access-request.ts';
import { orNull, withoutNulls } from '../lib/without-nulls.ts';
import type { AccessRequestRows } from '../usecases/access-request-rows-port.ts';
import type { Tx } from './doors.ts';
import { Prisma, type AccessRequest as Row } from './generated/client.ts';

const shown = 100;

const toRequest = ({ tenantId: _, ...row }: Row): AccessRequest => withoutNulls(row) as AccessRequest;

export const accessRequestRows = (tx: Tx, tenantId: string): AccessRequestRows => ({
  list: async () =>
    (
      await tx.accessRequest.findMany({
        where: { tenantId },
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        take: shown,
      })
    ).map(toRequest),
  async find(id) {
    await tx.$queryRaw`select 1 from access_requests where tenant_id = ${tenantId}::uuid and id = ${id}::uuid for update`;
    const row = await tx.accessRequest.findUnique({ where: { tenantId_id: { tenantId, id } } });
    return row ? toRequest(row) : undefined;
  },
  async add({ id, service, scopes, status, createdAt, updatedAt }) {
    const added = await tx.$executeRaw`
      insert into access_requests (tenant_id, id, service, scopes, status, created_at, updated_at)
      values (${tenantId}::uuid, ${id}::uuid, ${service}, ${scopes}::text[], ${status}, ${createdAt}::timestamptz, ${updatedAt}::timestamptz)
      on conflict do nothing`;
    return added > 0;
  },
  async save({ id, status, upstreamId, problem, updatedAt }) {
    await tx.accessRequest.update({
      where: { tenantId_id: { tenantId, id } },
      data: { status, upstreamId: orNull(upstreamId), problem: problem ?? Prisma.DbNull, updatedAt },
    });
  },
});
