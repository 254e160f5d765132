import { expect } from 'vitest';
import { callJson } from '../../src/cli/call-json.ts';
import { hubTest, operatorKey, type World } from '../support/hub-test.ts';
import { metricOf } from '../support/metric-of.ts';
import { until } from '../support/until.ts';
import { rowsOf } from '../usecases/rows.ts';
import { minute, second } from './in-time.ts';
import { lastingTest } from './lasting-world.ts';

/** Many tokens of one tenant: each for another API. */
const audience = (number: number) => ({ scope: 'skatteetaten:inntekt', resource: `https://api.example/${number}` });

const usesAreNoted = (world: Pick<World, 'adminUrl'>) =>
  until('all uses to be noted', async () => {
    const unused = await rowsOf(world, 'select 1 from tokens where cardinality(resource) > 0 and used_at is null');
    return unused.length === 0;
  });

hubTest(
  'renewals that are due at once begin one after the other, so many a second',
  async (world) => {
    const { call, sandbox } = world;
    const many = 16;
    for (let number = 0; number < many; number += 1)
      expect((await call('bank', 'POST', '/v1/tokens', audience(number))).status).toBe(200);
    await usesAreNoted(world);
    await sandbox.forget();
    const before = (await sandbox.now()).getTime();
    // All are due by then, and the first of them soon at their end.
    await sandbox.advance(96 * second);
    await until('all to be renewed', async () => (await sandbox.calls('token')).length >= many);
    const begun = (await sandbox.calls('token')).map(({ at }) => Date.parse(at)).sort((a, b) => a - b);
    // Counted from there: on a slow machine the first may be longer on its way than the last.
    expect((begun[many - 1] ?? 0) - (before + 96 * second)).toBeGreaterThan(((many - 2) / 5) * second);
    await sandbox.forget();
    for (let number = 0; number < many; number += 1) await call('bank', 'POST', '/v1/tokens', audience(number));
    expect(await sandbox.calls('token')).toEqual([]);
  },
  { HUB_REFRESH_PER_SECOND: '5' },
);

lastingTest('a hub that is away for a quarter of a minute renews all tokens in time, and none twice', async (world) => {
  const { sandbox } = world;
  const many = 12;
  const askAll = async () => {
    for (let number = 0; number < many; number += 1)
      expect((await world.call('POST', '/v1/tokens', audience(number))).status).toBe(200);
  };
  const settled = () =>
    until('all work to be done', async () => {
      const { body } = await callJson('GET', `${world.url()}/operator/v1/queues`, operatorKey);
      const queues = body['items'] as { due: number; handedOut: number }[];
      return queues.every(({ due, handedOut }) => due === 0 && handedOut === 0);
    });
  const pass = async (ms: number, stepMs: number) => {
    for (let passed = 0; passed < ms; passed += stepMs) {
      await sandbox.advance(stepMs);
      await settled();
    }
  };
  await askAll();
  await usesAreNoted(world);
  await pass(2 * minute, 5 * second);
  await world.close();
  await sandbox.advance(15 * second);
  await world.open();
  await pass(30 * second, 3 * second);
  await askAll();
  // Nobody waited for Maskinporten. A renewal may come due just now: the clock goes on while they ask.
  expect(await metricOf(world.metricsUrl(), 'hub_token_reads_total', { from: 'fetched' })).toBe(0);
  await sandbox.forget();
  // Three periods more: each token three times, or once more or less at the edges.
  await pass(252 * second, 7 * second);
  const renewed = (await sandbox.calls('token')).length;
  expect(renewed).toBeGreaterThanOrEqual(many * 2);
  expect(renewed).toBeLessThanOrEqual(many * 4);
});
