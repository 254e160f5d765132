import type { Log } from '../lib/log.ts';
import type { Store } from '../usecases/store-port.ts';
import type { Tenant } from '../usecases/use-cases.ts';
import { type Door, openDoor, type Tx } from './doors.ts';
import { operatorRows } from './operator-rows.ts';
import { tenantRows, toTenant } from './tenant-rows.ts';

/** Consents of one tenant that wait for somebody, by what is in their way. */
export type BlockedConsents = { code: string; mover: string; link: string | null; consents: number; since: Date };

/** `at` and what follows are missing where nothing was ever tried; `givenUp` of the newest `lookedAt` deliveries. */
export type LastTry = {
  lookedAt: number;
  givenUp: number;
  at: Date | null;
  httpStatus: number | null;
  error: string | null;
};

/** Both doors, for looking alone: PostgreSQL itself refuses every change behind them. */
export type Reader = Pick<Store, 'asTenant' | 'asOperator'> & {
  /** Does a door lead elsewhere? In words for whoever asked. */
  fault(): Promise<string | undefined>;
  findTenant(orgno: string): Promise<Tenant | undefined>;
  blockedConsents(tenantId: string): Promise<BlockedConsents[]>;
  /** By service, when Altinn last took a consent request of this tenant, among its newest ones. */
  lastTaken(tenantId: string): Promise<Map<string, Date>>;
  /** By endpoint: what came of its last try, and of its newest deliveries. */
  lastTries(tenantId: string): Promise<Map<string, LastTry>>;
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
    // Where a receiver is down the newest have never been tried: its oldest that wait were.
    lastTries: (tenantId) =>
      looking(operators, async (tx) => {
        const rows = await tx.$queryRaw<({ id: string } & LastTry)[]>`
          select w.id, n."lookedAt", n."givenUp", l.at, l.http_status as "httpStatus", l.error from webhook_endpoints w
          cross join lateral (select count(*)::int as "lookedAt", (count(*) filter (where status = 'given-up'))::int as "givenUp" from (
            select d.status from webhook_deliveries d where d.tenant_id = w.tenant_id and d.endpoint_id = w.id
            order by d.sequence desc limit ${newest}::int) lately) n
          left join lateral (select a.at, a.http_status, a.error from (
              (select d.id, d.attempts from webhook_deliveries d where d.tenant_id = w.tenant_id and d.endpoint_id = w.id
                order by d.sequence desc limit ${newest}::int)
              union (select d.id, d.attempts from webhook_deliveries d where d.tenant_id = w.tenant_id and d.endpoint_id = w.id
                and d.status = 'pending' order by d.sequence limit ${newest}::int)) d
            join webhook_attempts a on a.tenant_id = w.tenant_id and a.delivery_id = d.id and a.number = d.attempts
            order by a.at desc limit 1) l on true
          where w.tenant_id = ${tenantId}::uuid`;
        return new Map(rows.map(({ id, ...row }) => [id, row]));
      }),
    async close() {
      await tenants.close();
      await operators.close();
    },
  };
};
