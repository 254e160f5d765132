import { engines } from '../support/hub-test.ts';
import { until } from '../support/until.ts';
import { drawn, loadOf } from './chance.ts';
import { faultTest, underLoad } from './hub-of-processes.ts';
import { startLoad } from './load.ts';
import { type Step, steps } from './steps.ts';
import { openStory } from './story.ts';
import { storyWithFault } from './story-with-fault.ts';

const asked = steps.find(({ name }) => name === 'Altinn is asked') as Step;
const table = steps.flatMap((step) => engines.map((engine) => ({ step, engine })));

for (const { row, chance, label } of drawn('worker-killed at a step', table, 3))
  faultTest(`a worker killed while ${row.step.name} loses and doubles nothing, ${label}`, row.engine, (hub) =>
    storyWithFault(hub, row.step, chance, async (leave) => {
      // Another one is there already, or comes later.
      const isWatched = row.step.holdsEngine !== true && chance.oneOf([true, false]);
      if (isWatched) await hub.startWorker('another worker');
      await hub.worker.kill();
      await leave('dead');
      if (!isWatched) await hub.startWorker('the next worker');
    }),
  );

for (const { row: engine, chance, label } of drawn('worker-killed under load', engines, 1))
  faultTest(
    `workers killed one after the other under load lose and double nothing, ${label}`,
    engine,
    async (hub) => {
      const story = openStory(hub, chance);
      let worker = hub.worker;
      const load = startLoad(hub, { chance, many: loadOf(60), apis: () => [hub.api] });
      for (const part of [0, 1, 2]) {
        await load.pending(chance.whole(1, 20) + part * 20);
        const [next] = await Promise.all([hub.startWorker(`worker ${part + 2}`), worker.kill()]);
        worker = next;
      }
      await load.endsIn(story);
      await story.endsWell();
    },
    underLoad,
  );

for (const { row: engine, chance, label } of drawn('worker-killed without leases', engines, 0, 1))
  faultTest(
    `a dead worker's work goes to another long before its lease ends, ${label}`,
    engine,
    (hub) =>
      storyWithFault(hub, asked, chance, async (leave) => {
        await hub.startWorker('another worker');
        // Work that was claimed and not yet handed over waits for its lease: not that which a start owes.
        await until('what a start owes to be done', async () => {
          const owed = `select 1 from outbox where job = 'tidy' and (due_at <= now() or leased_until is not null)`;
          return (await hub.rows(owed)).length === 0;
        });
        await hub.worker.kill();
        await leave('dead');
      }),
    { settings: { HUB_LEASE_SECONDS: '600' } },
  );
