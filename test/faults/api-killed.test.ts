import { expect } from 'vitest';
import { engines } from '../support/hub-test.ts';
import { drawn, loadOf } from './chance.ts';
import { faultTest, underLoad } from './hub-of-processes.ts';
import { startLoad } from './load.ts';
import { openStory } from './story.ts';

for (const { row: engine, chance, label } of drawn('api-killed', engines, 1))
  faultTest(
    `an API killed under load loses nothing it answered, ${label}`,
    engine,
    async (hub) => {
      const story = openStory(hub, chance);
      const port = Number(new URL(hub.api.url).port);
      let { api } = hub;
      const load = startLoad(hub, { chance, many: loadOf(120), apis: () => [api], sideBySide: 24 });
      for (const part of [0, 1]) {
        await load.answered(chance.whole(1, 40) + part * 40);
        await api.kill();
        api = await hub.startApi(`api ${part + 2}`, port);
      }
      await load.endsIn(story);
      const cutOff = load.creates.filter(({ tries }) => tries.some(({ status }) => status === 'no answer'));
      expect(cutOff.length).toBeGreaterThan(0);
      await story.endsWell();
    },
    underLoad,
  );
