import { expect } from 'vitest';
import { hubTest, type World } from '../support/hub-test.ts';
import { until } from '../support/until.ts';
import { second } from './in-time.ts';

/** Of a hundred, ninety-five took no longer. */
const p95 = (times: readonly number[]): number => {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.ceil(0.95 * sorted.length) - 1] ?? Number.NaN;
};

const askMany = async (world: World, many: number): Promise<string[]> => {
  const asked: string[] = [];
  for (let index = 0; index < many; index += 1) asked.push((await world.ask('bank')).id);
  return asked;
};

/** Where Altinn sends each browser: read from what it was sent, since nothing else knows. */
const addressesBack = async ({ sandbox }: World): Promise<Map<string, string>> =>
  new Map(
    (await sandbox.calls('create')).map(({ body }) => {
      const { id, redirectUrl } = body as { id: string; redirectUrl: string };
      return [id, redirectUrl];
    }),
  );

/** How long from now until the webhook is tried. */
const toldAfter = async ({ receiver }: World, id: string): Promise<number> => {
  const began = performance.now();
  await receiver.got('consent.accepted', id);
  return performance.now() - began;
};

hubTest('who accepts in the browser is told of within a second', async (world) => {
  const asked = await askMany(world, 20);
  const back = await addressesBack(world);
  const took: number[] = [];
  for (const id of asked) {
    await world.sandbox.person(id, 'accept');
    const [, ms] = await Promise.all([
      fetch(`${back.get(id)}?Status=OK`, { redirect: 'manual' }),
      toldAfter(world, id),
    ]);
    took.push(ms);
  }
  console.info(`accepted in the browser, told after ${Math.round(p95(took))} ms (p95 of ${took.length})`);
  expect(p95(took)).toBeLessThan(second);
});

hubTest('who accepts in the portal, and never comes back, is told of within ten seconds', async (world) => {
  const asked = await askMany(world, 30);
  // They are read already, each in its turn; whoever answers sooner than that waits for the first of them.
  await until('each to be read', async () => {
    const reads = await world.sandbox.calls('get');
    return asked.every((id) => reads.some(({ path }) => path.includes(id)));
  });
  const took = await Promise.all(
    asked.map(async (id) => {
      await world.sandbox.person(id, 'accept');
      return toldAfter(world, id);
    }),
  );
  console.info(`accepted in the portal, told after ${Math.round(p95(took))} ms (p95 of ${took.length})`);
  expect(p95(took)).toBeLessThan(10 * second);
});

hubTest(
  'beyond its budget a tenant’s consents are read less often, all alike, and a browser that is back does not wait',
  async (world) => {
    const { sandbox } = world;
    const asked = await askMany(world, 10);
    const [first = ''] = asked;
    const back = (await addressesBack(world)).get(first) ?? '';
    await sandbox.forget();
    const began = (await sandbox.now()).getTime();
    const readsOf = async () => {
      const reads = await sandbox.calls('get');
      const at = (id: string) => reads.filter(({ path }) => path.includes(id)).map((call) => Date.parse(call.at));
      return { all: reads.map((call) => Date.parse(call.at)).sort((a, b) => a - b), each: asked.map(at) };
    };
    const { all, each } = await until(
      'each to be read twice',
      async () => {
        const reads = await readsOf();
        return reads.each.every((moments) => moments.length >= 2) && reads;
      },
      // Twenty seconds, if nothing else holds them up.
      45 * second,
    );
    // One a second, where each would else be read every five seconds.
    expect(all.length).toBeLessThanOrEqual(((all.at(-1) ?? 0) - began) / second + 2);
    for (const moments of each) expect(moments.length).toBeLessThanOrEqual(4);
    const metrics = await (await fetch(world.metricsUrl)).text();
    const behind = /hub_consent_reads_behind_seconds\{budget="tenant",[^}]*\} ([\d.]+)/.exec(metrics)?.[1];
    expect(Number(behind)).toBeGreaterThan(2);

    await sandbox.person(first, 'accept');
    await fetch(back, { redirect: 'manual' });
    expect(await world.status('bank', first)).toBe('accepted');
  },
  { HUB_READS_PER_TENANT: '1' },
);
