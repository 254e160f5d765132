import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { given } from '../support/given.ts';
import { engines } from '../support/hub-test.ts';
import { until } from '../support/until.ts';
import { drawn, loadOf } from './chance.ts';
import { type FaultHub, faultTest } from './hub-of-processes.ts';
import type { HubProcess } from './processes.ts';
import { startLoad } from './load.ts';
import { openStory } from './story.ts';

/** Given by whoever stops it, before it is killed. */
const withinSeconds = 25;

const stops = async (process: HubProcess): Promise<void> => {
  const askedAt = performance.now();
  expect(await process.stop(), process.name).toBe(0);
  expect((performance.now() - askedAt) / 1000).toBeLessThan(withinSeconds);
};

/** Creates that wait for Altinn, which does not answer as long as the test holds it. All are known to be under way. */
const waiting = async (hub: FaultHub, many: number, waitSeconds: number) => {
  await hub.sandbox.fault('create', { kind: 'hold', when: 'before', name: 'waiting' }, many);
  const keys = Array.from({ length: many }, () => randomUUID());
  const answers = Promise.all(
    keys.map((key) =>
      hub.call('bank', 'POST', '/v1/consents', given.ask(`${hub.receiver.url}/done`), {
        prefer: `wait=${waitSeconds}`,
        'idempotency-key': key,
      }),
    ),
  );
  await until('all to be under way', async () => {
    const made = await hub.rows('select 1 from idempotency_keys where key = any ($1)', [keys]);
    return made.length === many;
  });
  await hub.sandbox.parked('waiting');
  return answers;
};

for (const { row: engine, chance, label } of drawn(engines, 1))
  faultTest(`an API told to stop under load answers all it has taken in, ${label}`, engine, async (hub) => {
    const story = openStory(hub, chance);
    const other = await hub.startApi('another api');
    const under = waiting(hub, 3, 20);
    await until('the stop to come in the middle', () => hub.sandbox.parked('waiting'));
    let stopped = Promise.resolve();
    const cutOff: string[] = [];
    const load = startLoad(hub, {
      chance,
      many: loadOf(100),
      apis: () => (hub.api.isRunning() ? [hub.api, other] : [other]),
      // A connection may break that was never read from; then nothing may have come of it either.
      unanswered: async ({ key }) => {
        await stopped;
        cutOff.push(...(await hub.rows('select key from idempotency_keys where key = $1', [key])).map(String));
      },
    });
    await load.answered(chance.whole(10, 60));
    stopped = stops(hub.api);
    for (const { status, body } of await under) {
      expect(status, JSON.stringify(body)).toBe(202);
      story.note('bank', String(body['id']));
    }
    await stopped;
    await hub.sandbox.clear();
    await load.endsIn(story);
    expect(cutOff, 'taken in, done, and not answered').toEqual([]);
    await story.endsWell();
  });

for (const { row: engine, chance, label } of drawn(engines, 1))
  faultTest(`a worker told to stop finishes what it has begun, and another does the rest, ${label}`, engine, async (hub) => {
    const story = openStory(hub, chance);
    const under = waiting(hub, 2, 20);
    await until('the work to be begun', () => hub.sandbox.parked('waiting'));
    const load = startLoad(hub, { chance, many: loadOf(60), apis: () => [hub.api] });
    await load.pending(chance.whole(1, 50));
    const stopped = stops(hub.worker);
    await hub.sandbox.clear();
    for (const { status, body } of await under) {
      expect(status, JSON.stringify(body)).toBe(201);
      story.note('bank', String(body['id']));
    }
    await stopped;
    const broken = hub.worker.lines.filter(({ level }) => level === 'error' || level === 'said');
    expect(broken).toEqual([]);
    await hub.startWorker('the next worker');
    await load.endsIn(story);
    await story.endsWell();
  });
