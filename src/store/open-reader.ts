import type { Log } from '../lib/log.ts';
import type { Store } from '../usecases/store-port.ts';
import type { Tenant } from '../usecases/use-cases.ts';
import { type Door, openDoor, type Tx } from './doors.ts';
import { operatorRows } from './operator-rows.ts';
import { tenantRows, toTenant } from './tenant-rows.ts';

/** Consents of one tenant that wait for somebody, by what is in their way. */
export type BlockedConsents = { code: string; mover: string; link: string | null; consents: number; since: Date };

/** Both doors, for looking alone: PostgreSQL itself refuses every change behind them. */
export type Reader = Pick<Store, 'asTenant' | 'asOperator'> & {
  /** Does a door lead elsewhere? In words for whoever asked. */
  fault(): Promise<string | undefined>;
  findTenant(orgno: string): Promise<Tenant | undefined>;
  blockedConsents(tenantId: string): Promise<BlockedConsents[]>;
  /** By service, when Altinn last took a consent request of this tenant, among its newest ones. */
  lastTaken(tenantId: string): Promise<Map<string, Date>>;
  close(): Promise<void>;
};

/** So many consents are looked through, and no more: a large tenant has millions. */
const newest = 1000;

const nobodyHears = (): void => undefined;

const looking = <T>(door: Door, work: (tx: Tx) => Promise<T>): Promise<T> =>
  door.transaction(async (tx) => {
    await tx.$executeRaw`set transaction read only`;
    return work(tx);
  });

/** One connection at each door, opened at its first use. */
export const openReader = (url: string, log: Log): Reader => {
  const tenants = openDoor(url, 'hub_tenant', 1, log);
  const operators = openDoor(url, 'hub_operator', 1, log);
  return {
    fault: async () => (await tenants.fault()) ?? (await operators.fault()),
    asTenant: (tenantId, work) =>
      looking(tenants, async (tx) => {
        await tx.$queryRaw`select set_config('hub.tenant', ${tenantId}, true)`;
        return work(tenantRows(tx, tenantId, nobodyHears));
      }),
    asOperator: (work) => looking(operators, (tx) => work(operatorRows(tx, nobodyHears))),
    findTenant: (orgno) =>
      looking(operators, async (tx) => {
        const row = await tx.tenant.findUnique({ where: { orgno } });
        return row ? toTenant(row) : undefined;
      }),
    blockedConsents: (tenantId) =>
      looking(
        operators,
        (tx) => tx.$queryRaw<BlockedConsents[]>`
          select coalesce(problem->>'code', 'unknown') as code, coalesce(problem->>'mover', 'unknown') as mover,
            max(problem->>'link') as link, count(*)::int as consents, min(updated_at) as since
          from consents where tenant_id = ${tenantId}::uuid and status = 'blocked' group by 1, 2 order by 4 desc`,
      ),
    lastTaken: (tenantId) =>
      looking(operators, async (tx) => {
        const rows = await tx.$queryRaw<{ service: string; at: Date }[]>`
          select asked->>'service' as service, max(requested_at) as at
          from (select rights, requested_at from consents where tenant_id = ${tenantId}::uuid order by id desc limit ${newest}::int) lately,
            jsonb_array_elements(rights) asked
          where requested_at is not null group by 1`;
        return new Map(rows.map(({ service, at }) => [service, at]));
      }),
    async close() {
      await tenants.close();
      await operators.close();
    },
  };
};
