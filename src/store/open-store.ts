import { Problem } from '../domain/problem.ts';
import type { Log } from '../lib/log.ts';
import type { Outbox } from '../usecases/outbox-port.ts';
import type { Store } from '../usecases/store-port.ts';
import { connectionBudget, storeFaults } from './check-store.ts';
import { consentCreator } from './create-consents.ts';
import { type Door, knownFault, openDoor } from './doors.ts';
import { type OpenNotices, openNotices } from './notices.ts';
import { operatorRows } from './operator-rows.ts';
import { openOutbox } from './outbox.ts';
import { tenantRows } from './tenant-rows.ts';

export type StoreOptions = {
  url: string;
  /** For LISTEN, when `url` is a pooler. */
  directUrl: string;
  connections: {
    tenant: number;
    operator: number /** What the queue engine takes of the same server. */;
    engine: number;
  };
  production: boolean;
  log: Log;
};

export type OpenStore = Store & {
  outbox: Outbox;
  notices: OpenNotices;
  /** Is the database there? */
  ping(): Promise<void>;
  /** Connections in use and waited for, by door. */
  pools(): Record<string, { open: number; idle: number; waiting: number }>;
  close(): Promise<void>;
};

/**
 * Opens both doors, after looking that they are what they should be.
 *
 * @throws Error with all that is wrong, in words for whoever started the hub
 */
export const openStore = async ({ url, directUrl, connections, production, log }: StoreOptions): Promise<OpenStore> => {
  const tenantDoor = openDoor(url, 'hub_tenant', connections.tenant, log);
  const operatorDoor = openDoor(url, 'hub_operator', connections.operator, log);
  const close = async () => {
    await tenantDoor.close();
    await operatorDoor.close();
  };
  const wanted = connections.tenant + connections.operator + connections.engine + 1;
  try {
    const faults = await storeFaults(operatorDoor.pool, production);
    const budget = await connectionBudget(operatorDoor.pool, wanted);
    log.info({ ...connections, listener: 1, ...budget }, 'connections to the database');
    if (!budget.fits)
      faults.push(
        `this process wants ${wanted} connections, ${budget.inUse} of the server's ${budget.most} are in use: raise max_connections or lower HUB_DATABASE_CONNECTIONS`,
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
        await tx.$queryRaw`select set_config('hub.tenant', ${tenantId}, true)`;
        return work(tenantRows(tx, tenantId, tell));
      }),
    asOperator: (work) => told(operatorDoor, (tx, tell) => work(operatorRows(tx, tell))),
    createConsent: consentCreator(tenantDoor.pool, notices.tell),
    outbox: openOutbox(operatorDoor.pool),
    notices,
    async ping() {
      await operatorDoor.pool.query('select 1').catch((error: unknown) => {
        throw knownFault(error);
      });
    },
    pools: () => {
      const count = ({ pool }: Door) => ({ open: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount });
      return { tenant: count(tenantDoor), operator: count(operatorDoor) };
    },
    async close() {
      await notices.close();
      await close();
    },
  };
};
