import { expect } from 'vitest';
import { engines } from '../support/hub-test.ts';
import { until } from '../support/until.ts';
import { drawn, loadOf } from './chance.ts';
import { faultTest, underLoad } from './hub-of-processes.ts';
import { startLoad } from './load.ts';
import { type OwnServer, openServer } from './own-server.ts';
import { openStory } from './story.ts';

for (const { row: engine, chance, label } of drawn('database-cut-off connections', engines, 1))
  faultTest(
    `database connections cut off again and again under load lose nothing, ${label}`,
    engine,
    async (hub) => {
      const story = openStory(hub, chance);
      const load = startLoad(hub, { chance, many: loadOf(80), apis: () => [hub.api] });
      for (const part of [0, 1, 2]) {
        await load.answered(chance.whole(1, 20) + part * 20);
        await until('connections to be cut off', async () => {
          const cut = await hub.rows(
            `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and application_name like 'samtykkehub%'`,
          );
          return cut.length > 0;
        });
      }
      await load.endsIn(story);
      await story.endsWell();
      for (const { name, isRunning } of [hub.api, hub.worker]) expect(isRunning(), name).toBe(true);
    },
    underLoad,
  );

for (const { row: engine, chance, label } of drawn('database-cut-off server', engines, 1)) {
  let server: OwnServer | undefined;
  const database = async () => {
    server = await openServer();
    return server.place;
  };
  faultTest(
    `a database that stops and starts under load is waited for, ${label}`,
    engine,
    async (hub) => {
      const story = openStory(hub, chance);
      const load = startLoad(hub, { chance, many: loadOf(60), apis: () => [hub.api] });
      await load.answered(chance.whole(1, 50));
      await server?.stop();
      const { status, headers } = await until('the API to see it', async () => {
        const ready = await hub.call('bank', 'GET', '/readyz');
        return ready.status !== 200 && ready;
      });
      expect(status).toBe(503);
      expect(headers.get('retry-after')).toMatch(/^\d+$/);
      expect(await hub.call('bank', 'GET', '/healthz')).toMatchObject({ status: 200 });
      const refused = await hub.call('bank', 'GET', '/v1/consents');
      expect(refused).toMatchObject({ status: 503, body: { type: '/problems/database-unavailable' } });
      expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
      await server?.start();
      await load.endsIn(story);
      await story.endsWell();
    },
    { ...underLoad, database },
  );
}
