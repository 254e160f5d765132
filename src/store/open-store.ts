import type pg from 'pg';
import { Problem } from '../domain/problem.ts';
import type { Log } from '../lib/log.ts';
import type { Outbox } from '../usecases/outbox-port.ts';
import type { Store } from '../usecases/store-port.ts';
import type { EndpointsSeen } from '../usecases/webhook-rows-port.ts';
import { accessStatements } from './access-rows.ts';
import { callbackStates } from './callback-states.ts';
import { connectionUse, storeFaults } from './check-store.ts';
import { consentCreator } from './create-consents.ts';
import { deliveryStatements } from './delivery-statements.ts';
import { type Door, knownFault, openDoor, openPool } from './doors.ts';
import { endpointsSeen } from './endpoint-health.ts';
import { eventStatements } from './event-statements.ts';
import { feedStatements } from './feed-rows.ts';
import { invitationStatements } from './invitation-rows.ts';
import { type OpenNotices, openNotices } from './notices.ts';
import { operatorRows } from './operator-rows.ts';
import { openOutbox } from './outbox.ts';
import { readsAhead, readTurns } from './read-turns.ts';
import { tenantRows } from './tenant-rows.ts';
import { tenantStatements } from './tenant-statements.ts';
import { tokenStatements } from './token-statements.ts';
import { usageStatements } from './usage-statements.ts';

export type StoreOptions = {
  url: string;
  /** For LISTEN, when `url` is a pooler. */
  directUrl: string;
  /** `engine` is what the queue engine takes of the same server. */
  connections: { tenant: number; operator: number; engine: number; listener: number };
  production: boolean;
  log: Log;
};

/** Connections open, idle among them, requests that wait for one, and how many there may be. */
export type PoolCount = { most: number; open: number; idle: number; waiting: number };

export type OpenStore = Store & {
  outbox: Outbox;
  notices: OpenNotices;
  /** Is the database there? */
  ping(): Promise<void>;
  /** How far ahead of now the next free turn for reading a consent lies: the fullest tenant's, and the whole hub's. */
  readsAhead(now: Date): Promise<{ tenantMs: number; hubMs: number }>;
  /** How all tenants' webhook endpoints stand, and what waits for them. */
  endpointsSeen(now: Date): Promise<EndpointsSeen[]>;
  /** Connections in use and waited for, by door. */
  pools(): Record<string, PoolCount>;
  close(): Promise<void>;
};

/** Few: while they are busy what comes is gathered, and goes in fewer, larger transactions. */
const lanesOf = (tenant: number): number => Math.max(1, Math.min(2, Math.floor(tenant / 6)));

const poolCount = (pool: pg.Pool): PoolCount => ({
  most: pool.options.max,
  open: pool.totalCount,
  idle: pool.idleCount,
  waiting: pool.waitingCount,
});

/**
 * Opens both doors, after looking that they are what they should be.
 *
 * @throws Error with all that is wrong, in words for whoever started the hub
 */
export const openStore = async ({ url, directUrl, connections, production, log }: StoreOptions): Promise<OpenStore> => {
  const lanes = lanesOf(connections.tenant);
  const tenantDoor = openDoor(url, 'hub_tenant', connections.tenant - lanes, log);
  const creates = openPool({ url, role: 'hub_tenant', connections: lanes }, log);
  const operatorDoor = openDoor(url, 'hub_operator', connections.operator, log);
  const close = async () => {
    await creates.end();
    await tenantDoor.close();
    await operatorDoor.close();
  };
  const wanted = connections.tenant + connections.operator + connections.engine + connections.listener;
  try {
    const closed = [await tenantDoor.fault(), await operatorDoor.fault()].filter((fault) => fault !== undefined);
    const faults = [...closed, ...(await storeFaults(operatorDoor.pool, production))];
    const use = await connectionUse(operatorDoor.pool);
    log.info({ ...connections, budget: wanted, ...use }, 'connections to the database');
    // Those that asked, one at each door, are in use already.
    if (wanted > use.free + 2)
      faults.push(
        `this process may take ${wanted} connections, and ${use.free + 2} of ${use.most} are free: raise ${use.limit}, or lower HUB_DATABASE_CONNECTIONS`,
      );
    if (faults.length > 0)
      throw new Error(`The database is not fit for the hub:\n${faults.map((fault) => `- ${fault}`).join('\n')}`);
  } catch (error) {
    await close();
    throw error;
  }
  const notices = openNotices(operatorDoor.pool, directUrl, log);

  /** One transaction; what it collected to tell is told when it has been committed, and only then. */
  const told = async <T>(
    door: Door,
    work: (tx: Parameters<Parameters<Door['transaction']>[0]>[0], tell: (topic: string) => void) => Promise<T>,
  ): Promise<T> => {
    const topics = new Set<string>();
    const result = await door
      .transaction((tx) => work(tx, (topic) => topics.add(topic)))
      .catch((error: unknown) => {
        throw error instanceof Problem ? error : knownFault(error);
      });
    for (const topic of topics) notices.tell(topic);
    return result;
  };

  return {
    asTenant: (tenantId, work) =>
      told(tenantDoor, async (tx, tell) => {
        // The role once more: were the door ever to stand open, rows would still be this tenant's alone.
        await tx.$queryRaw`select set_config('role', 'hub_tenant', true), set_config('hub.tenant', ${tenantId}, true)`;
        return work(tenantRows(tx, tenantId, tell));
      }),
    asOperator: (work) => told(operatorDoor, (tx, tell) => work(operatorRows(tx, tell))),
    createConsent: consentCreator(creates, notices.tell),
    ...tenantStatements(tenantDoor.pool, notices.tell),
    ...deliveryStatements(tenantDoor.pool, notices.tell),
    ...readTurns(tenantDoor.pool),
    ...accessStatements({ tenant: tenantDoor.pool, operator: operatorDoor.pool }),
    readsAhead: readsAhead(operatorDoor.pool),
    endpointsSeen: endpointsSeen(operatorDoor.pool),
    ...tokenStatements({ tenant: tenantDoor.pool, operator: operatorDoor.pool }, notices.tell),
    ...eventStatements({ tenant: tenantDoor.pool, operator: operatorDoor.pool }),
    feeds: feedStatements({ tenant: tenantDoor.pool, operator: operatorDoor.pool }),
    ...usageStatements(operatorDoor.pool),
    callbackState: callbackStates(operatorDoor.pool),
    ...invitationStatements(operatorDoor.pool),
    outbox: openOutbox(operatorDoor.pool),
    notices,
    async ping() {
      await operatorDoor.pool.query('select 1').catch((error: unknown) => {
        throw knownFault(error);
      });
    },
    pools: () => {
      const listens = notices.listens() ? 1 : 0;
      return {
        tenant: poolCount(tenantDoor.pool),
        creates: poolCount(creates),
        operator: poolCount(operatorDoor.pool),
        listener: { most: connections.listener, open: listens, idle: 0, waiting: 0 },
      };
    },
    async close() {
      await notices.close();
      await close();
    },
  };
};
