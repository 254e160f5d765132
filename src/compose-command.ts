import { openResourceRegistry } from './clients/resource-registry/resource-registry.ts';
import type { Config } from './config.ts';
import { leastConnections, sharesOf } from './connections.ts';
import { type Clock, systemClock } from './lib/clock.ts';
import { closerStack } from './lib/closer-stack.ts';
import { type Ids, randomIds } from './lib/ids.ts';
import type { Log } from './lib/log.ts';
import { migrate, pendingMigrations } from './store/migrate.ts';
import { type OpenStore, openStore } from './store/open-store.ts';
import type { ResourceRegistry } from './usecases/registry-port.ts';

/** What a command needs that changes something and ends: no server, no queue, and few connections. */
export type CommandParts = {
  clock: Clock;
  ids: Ids;
  log: Log;
  store: OpenStore;
  registry: ResourceRegistry;
  settings: { production: boolean };
  close(): Promise<void>;
};

const process = { isWorker: false, queuesInPostgres: false };

/** Beside `compose`, for commands on a database that hubs are at work on. @throws Error when it is not up to date, or not fit */
export const openCommand = async (config: Config, databaseUrl: string, log: Log): Promise<CommandParts> => {
  const parts = closerStack(log);
  const directUrl = config.database.directUrl ?? databaseUrl;
  try {
    if (!config.production) await migrate(directUrl, log);
    else if ((await pendingMigrations(directUrl)).length > 0)
      throw new Error('The database is not up to date: run `hub migrate` first');
    const connections = sharesOf(leastConnections(process), process);
    const { production } = config;
    const store = parts.add(await openStore({ url: databaseUrl, directUrl, connections, production, log }));
    const registry = parts.add(openResourceRegistry({ baseUrl: config.registryUrl }));
    return { clock: systemClock, ids: randomIds, log, store, registry, settings: { production }, close: parts.close };
  } catch (error) {
    await parts.close();
    throw error;
  }
};
