import type { Chance } from './chance.ts';
import type { FaultHub } from './hub-of-processes.ts';
import type { Step } from './steps.ts';
import { openStory } from './story.ts';

/** Consents go their way up to a step; there something befalls the hub; then they go on, and all must end well. */
export const storyWithFault = async (
  hub: FaultHub,
  step: Step,
  chance: Chance,
  befall: (leave: (workerIs: 'alive' | 'dead') => Promise<void>) => Promise<void>,
): Promise<void> => {
  const story = openStory(hub, chance);
  if (step.during === 'answering') {
    await story.ask();
    await story.pending();
    await story.settled();
  }
  const point = await step.arm(hub);
  if (step.during === 'asking') await story.ask();
  const answering = step.during === 'answering' ? story.answer() : undefined;
  await point.reached();
  await befall(point.leave);
  if (step.during === 'asking') {
    await story.pending();
    await story.answer();
  } else await answering;
  await story.endsWell();
};
