import { expect } from 'vitest';
import { engines } from '../support/hub-test.ts';
import { until } from '../support/until.ts';
import { type Chance, drawn } from './chance.ts';
import { type FaultHub, faultTest } from './hub-of-processes.ts';
import { openStory } from './story.ts';

/** A call has its effect at the other side, and then the connection breaks. */
const lost =
  (on: string) =>
  ({ sandbox }: FaultHub, chance: Chance) =>
    sandbox.fault(on, { kind: 'reset', when: 'after' }, chance.whole(1, 3));

const answers: { name: string; lose(hub: FaultHub, chance: Chance): Promise<unknown> }[] = [
  { name: 'Maskinporten’s answer with the token', lose: lost('token') },
  { name: 'Altinn’s answer to the request', lose: lost('create') },
  { name: 'Altinn’s answer to a read', lose: lost('get') },
  {
    name: 'the receiver’s answer to a webhook',
    lose: async ({ receiver }, chance) => receiver.hangUp(chance.whole(1, 3)),
  },
];
const table = answers.flatMap((answer) => engines.map((engine) => ({ answer, engine })));

for (const { row, chance, label } of drawn('answers-lost answers', table, 1))
  faultTest(`${row.answer.name} lost after its effect doubles nothing, ${label}`, row.engine, async (hub) => {
    const story = openStory(hub, chance);
    await row.answer.lose(hub, chance);
    await story.ask();
    await story.pending();
    await story.answer();
    await story.endsWell();
  });

for (const { row: engine, chance, label } of drawn('answers-lost metadata', engines, 1))
  faultTest(
    `a worker that starts before Maskinporten’s metadata can be read goes on soon, ${label}`,
    engine,
    async (hub) => {
      await hub.worker.kill();
      await hub.rows('delete from known_good');
      await hub.sandbox.fault('metadata', { kind: 'status', status: 503 }, 1000);
      const story = openStory(hub, chance);
      await story.ask();
      const next = await hub.startWorker('the next worker');
      await until('the metadata to be refused', () =>
        next.lines.some(({ msg }) => msg === 'maskinporten: metadata not read'),
      );
      expect(await hub.sandbox.consents()).toEqual([]);
      await hub.sandbox.clear();
      await story.pending();
      await story.answer();
      await story.endsWell();
    },
  );
