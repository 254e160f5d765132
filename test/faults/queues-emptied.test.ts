import { engines } from '../support/hub-test.ts';
import { drawn, loadOf } from './chance.ts';
import { emptyQueues } from './empty-queues.ts';
import { faultTest, underLoad } from './hub-of-processes.ts';
import { startLoad } from './load.ts';
import { steps } from './steps.ts';
import { openStory } from './story.ts';
import { storyWithFault } from './story-with-fault.ts';

const table = steps
  .filter(({ holdsEngine }) => !holdsEngine)
  .flatMap((step) => engines.map((engine) => ({ step, engine })));

for (const { row, chance, label } of drawn('queues-emptied at a step', table, 1))
  faultTest(`queues emptied while ${row.step.name} lose and double nothing, ${label}`, row.engine, (hub) =>
    storyWithFault(hub, row.step, chance, async (leave) => {
      await emptyQueues(hub);
      await leave('alive');
    }),
  );

for (const { row: engine, chance, label } of drawn('queues-emptied under load', engines, 1))
  faultTest(
    `queues emptied again and again under load lose and double nothing, ${label}`,
    engine,
    async (hub) => {
      const story = openStory(hub, chance);
      const load = startLoad(hub, { chance, many: loadOf(60), apis: () => [hub.api] });
      for (const part of [0, 1, 2]) {
        await load.pending(chance.whole(1, 20) + part * 20);
        await emptyQueues(hub);
      }
      await load.endsIn(story);
      await story.endsWell();
    },
    underLoad,
  );
