import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { given } from '../support/given.ts';
import { engines } from '../support/hub-test.ts';
import { until } from '../support/until.ts';
import { type Chance, drawn, loadOf } from './chance.ts';
import { type FaultHub, faultTest } from './hub-of-processes.ts';
import { startLoad } from './load.ts';
import type { HubProcess } from './processes.ts';
import { openStory } from './story.ts';

/** Given by whoever stops it, before it is killed. */
const withinSeconds = 25;

const stops = async (process: HubProcess): Promise<void> => {
  const askedAt = performance.now();
  expect(await process.stop(), process.name).toBe(0);
  expect((performance.now() - askedAt) / 1000).toBeLessThan(withinSeconds);
};

/** Creates whose answers wait for Altinn, which is held. `parked` once all are known to be under way. */
const waiting = (hub: FaultHub, many: number) => {
  const keys = Array.from({ length: many }, () => randomUUID());
  const create = (key: string) =>
    hub.call('bank', 'POST', '/v1/consents', given.ask(`${hub.receiver.url}/done`), {
      // Over before the held call times out and is tried again.
      prefer: 'wait=8',
      'idempotency-key': key,
    });
  const held = hub.sandbox.fault('create', { kind: 'hold', when: 'before', name: 'waiting' }, many);
  return {
    answers: held.then(() => Promise.all(keys.map(create))),
    parked: held.then(() =>
      until(
        'all to be held',
        async () => (await hub.sandbox.holds()).filter(({ name }) => name === 'waiting').length === many,
      ),
    ),
  };
};

/** Long enough that nobody else takes over what is held. */
const settings = { HUB_LEASE_SECONDS: '60' };

const apiStops = async (hub: FaultHub, chance: Chance) => {
  const story = openStory(hub, chance);
  const [first, other] = [hub.api, await hub.startApi('another api')];
  const { answers, parked } = waiting(hub, 3);
  await parked;
  const taken: unknown[] = [];
  let stopped: Promise<void> | undefined;
  const load = startLoad(hub, {
    chance,
    many: loadOf(100),
    apis: () => (stopped === undefined ? [first, other] : [other]),
    // A connection may break that was never read from; nothing may have come of it then.
    unanswered: async ({ key }) => {
      await stopped;
      taken.push(...(await hub.rows('select id from consents where idempotency_key = $1', [key])));
    },
  });
  await load.answered(chance.whole(10, 60));
  stopped = stops(first);
  stopped.catch(() => undefined); // seen to below
  hub.api = other;
  for (const { status, body } of await answers) {
    expect(status, JSON.stringify(body)).toBe(202);
    story.note('bank', String(body['id']));
  }
  await stopped;
  await hub.sandbox.clear();
  await load.endsIn(story);
  expect(taken, 'taken in and never answered').toEqual([]);
  await story.endsWell();
};

/** Consents whose requests are at Altinn now, and not yet answered. */
const underWay = async ({ sandbox }: FaultHub): Promise<string[]> =>
  (await sandbox.calls('create'))
    .filter(({ status }) => status === null)
    .map(({ body }) => (body as { id: string }).id);

const workerStops = async (hub: FaultHub, chance: Chance) => {
  const story = openStory(hub, chance);
  const load = startLoad(hub, { chance, many: loadOf(60), apis: () => [hub.api] });
  await load.pending(chance.whole(1, 50));
  // Held last of all: whatever is held for too long is given up and tried again. It may be of the load.
  const { answers, parked } = waiting(hub, 2);
  await parked;
  const begun = await underWay(hub);
  expect(begun.length).toBeGreaterThanOrEqual(2);
  const stopped = stops(hub.worker);
  stopped.catch(() => undefined); // seen to below
  await hub.sandbox.clear();
  for (const { status, body } of await answers) {
    expect([201, 202], JSON.stringify(body)).toContain(status); // as long as the caller would wait
    story.note('bank', String(body['id']));
  }
  await stopped;
  const finished = await hub.rows('select id from consents where id = any ($1) and status = $2', [begun, 'pending']);
  expect(finished).toHaveLength(begun.length);
  expect(hub.worker.lines.filter(({ level }) => level === 'error' || level === 'said')).toEqual([]);
  await hub.startWorker('the next worker');
  await load.endsIn(story);
  await story.endsWell();
};

for (const { row: engine, chance, label } of drawn('told-to-stop', engines, 1)) {
  const run = (name: string, stop: typeof apiStops) =>
    faultTest(`${name}, ${label}`, engine, (hub) => stop(hub, chance), { settings });
  run('an API told to stop under load answers all it has taken in', apiStops);
  run('a worker told to stop finishes what it has begun, and another does the rest', workerStops);
}
