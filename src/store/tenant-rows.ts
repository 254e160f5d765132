import { withoutNulls } from '../lib/without-nulls.ts';
import type { AuditEntry } from '../usecases/oversight.ts';
import type { TenantRows } from '../usecases/store-port.ts';
import type { Tenant } from '../usecases/use-cases.ts';
import { accessRequestRows } from './access-request-rows.ts';
import { accessRows } from './access-rows.ts';
import { apiKeyRows } from './api-key-rows.ts';
import { consentRows } from './consent-rows.ts';
import type { Tx } from './doors.ts';
import { eventRows } from './event-rows.ts';
import { feedRows } from './feed-rows.ts';
import type { Prisma, Tenant as TenantRow } from './generated/client.ts';
import { invitationRows } from './invitation-rows.ts';
import { replayRows } from './replay-rows.ts';
import { tokenRows } from './token-rows.ts';
import { deliveryRows, endpointRows } from './webhook-rows.ts';
import { outboxRows } from './work-rows.ts';

export const toTenant = ({ hmacKeySealed: _, ...row }: TenantRow): Tenant => withoutNulls(row) as Tenant;

export const auditRow = ({ actor, details, ...entry }: AuditEntry): Prisma.AuditCreateInput => ({
  ...entry,
  actorKind: actor.kind,
  actorId: actor.id,
  actorName: actor.name,
  details: details as Prisma.InputJsonValue,
});

/** Everything a verb may do with one tenant's rows. `tell` collects what other processes hear after the commit. */
export const tenantRows = (tx: Tx, tenantId: string, tell: (topic: string) => void): TenantRows => ({
  tenant: async () => toTenant(await tx.tenant.findUniqueOrThrow({ where: { id: tenantId } })),
  consents: consentRows(tx, tenantId, tell),
  events: eventRows(tx, tenantId, tell),
  outbox: outboxRows(tx, tenantId, tell),
  feed: feedRows(tx, tenantId),
  access: accessRows(tx, tenantId, tell),
  accessRequests: accessRequestRows(tx, tenantId),
  tokens: tokenRows(tx, tenantId, tell),
  endpoints: endpointRows(tx, tenantId, tell),
  replays: replayRows(tx, tenantId, tell),
  deliveries: deliveryRows(tx, tenantId, tell),
  apiKeys: apiKeyRows(tx, tenantId, tell),
  invitations: invitationRows(tx, tenantId),
  audit: {
    async add(entry) {
      await tx.audit.create({ data: auditRow({ ...entry, tenantId }) });
    },
    async addUnlessSince(entry, since) {
      const { action, target } = entry;
      // One after another: two at once would not see each other.
      await tx.$executeRaw`select pg_advisory_xact_lock(hashtext(${action}), hashtext(${target}))`;
      const there = { tenantId, action, target, at: { gt: since } };
      if ((await tx.audit.findFirst({ where: there, select: { id: true } })) !== null) return false;
      await tx.audit.create({ data: auditRow({ ...entry, tenantId }) });
      return true;
    },
    async lastAt(action) {
      const row = await tx.audit.findFirst({
        where: { tenantId, action },
        orderBy: { at: 'desc' },
        select: { at: true },
      });
      return row?.at;
    },
    async since(action, at) {
      await tx.$executeRaw`select pg_advisory_xact_lock(hashtext(${action}), hashtext(${tenantId}))`;
      const { _count, _min } = await tx.audit.aggregate({
        where: { tenantId, action, at: { gt: at } },
        _count: true,
        _min: { at: true },
      });
      return { many: _count, ...(_min.at ? { firstAt: _min.at } : {}) };
    },
  },
});
