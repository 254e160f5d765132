import { engines, type TenantName } from '../support/hub-test.ts';
import { until } from '../support/until.ts';
import { type Chance, drawn, isLong } from './chance.ts';
import { emptyQueues } from './empty-queues.ts';
import { type FaultHub, faultTest, underLoad } from './hub-of-processes.ts';
import { startLoad } from './load.ts';
import { type OwnServer, openServer } from './own-server.ts';
import { openEvents } from './told-events.ts';

const deliveries = isLong ? 10_000 : 400;
const creates = isLong ? 200 : 20;

type Fault = (hub: FaultHub, server: OwnServer) => Promise<void>;

/** What befalls a hub, one after the other, in an order of chance. */
const faults = ({ redis }: FaultHub): Record<string, Fault> => ({
  'a worker is killed': async (hub) => {
    await hub.worker.kill();
    hub.worker = await hub.startWorker('the next worker');
  },
  'an API is killed': async (hub) => {
    const port = Number(new URL(hub.api.url).port);
    await hub.api.kill();
    hub.api = await hub.startApi('the next api', port);
  },
  'queues are emptied': emptyQueues,
  ...(redis ? { 'Redis is restarted': () => redis.restart() } : {}),
  'PostgreSQL is restarted': async (hub, server) => {
    await server.stop();
    await server.start();
    await until('the API to be ready', async () => (await hub.call('bank', 'GET', '/readyz')).status === 200);
  },
});

const shuffled = <T>(all: readonly T[], chance: Chance): T[] => {
  const left = [...all];
  return all.flatMap(() => left.splice(chance.whole(0, left.length - 1), 1));
};

for (const { row: engine, chance, label } of drawn('ten-thousand-deliveries', engines, 1, 1)) {
  let server: OwnServer | undefined;
  const database = async () => {
    server = await openServer();
    return server.place;
  };
  faultTest(
    `${deliveries} deliveries arrive whatever is killed, emptied and restarted meanwhile, ${label}`,
    engine,
    async (hub) => {
      const events = openEvents(hub, chance);
      try {
        const load = startLoad(hub, { chance, many: creates, sideBySide: 2, apis: () => [hub.api] });
        const order = shuffled(Object.entries(faults(hub)), chance);
        const part = Math.ceil(deliveries / (order.length + 1));
        let sum = 0;
        for (const [name, befall] of order) {
          hub.receiver.hangUp(chance.whole(0, 4));
          const writing = events.write(part);
          await events.received(sum + chance.whole(1, Math.floor(part / 2)));
          await Promise.all([befall(hub, server as OwnServer), writing]).catch((cause) => {
            throw new Error(name, { cause });
          });
          sum += part;
        }
        await events.write(deliveries - sum);
        await load.ended();
        await until('all consents to be with Altinn', async () => {
          const left = await hub.rows(`select 1 from consents where status <> 'pending' limit 1`);
          return left.length === 0;
        });
        await events.delivered();
        await events.areWhole(new Map(load.creates.map(({ id, who }): [string, TenantName] => [id ?? '', who])));
        events.cameInOrder();
      } finally {
        await events.close();
      }
    },
    { ...underLoad, database, ...(isLong ? { timeoutMs: 1_200_000 } : {}) },
  );
}
