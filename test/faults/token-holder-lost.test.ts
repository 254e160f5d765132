import { decodeJwt } from 'jose';
import { expect } from 'vitest';
import type { Answer } from '../../src/cli/call-json.ts';
import { engines } from '../support/hub-test.ts';
import { until } from '../support/until.ts';
import { drawn } from './chance.ts';
import { type FaultHub, faultTest, underLoad } from './hub-of-processes.ts';
import { steps } from './steps.ts';

const scope = 'skatteetaten:inntekt';

const ask = (hub: FaultHub) => hub.call('bank', 'POST', '/v1/tokens', { scope });
const isNotReady = ({ status, body, headers }: Answer): boolean =>
  status === 503 && body['type'] === '/problems/token-not-ready' && headers.has('retry-after');

/** What a caller does: one clear word that it is not there yet, and then the token. */
const tokenIn = async (hub: FaultHub, first: Promise<Answer>): Promise<string> => {
  let answer = await first;
  for (let tries = 0; tries < 3 && isNotReady(answer); tries += 1) answer = await ask(hub);
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200, body: { scope } });
  return String(answer.body['token']);
};

const rowOf = async ({ rows }: FaultHub) => {
  const found = await rows<{ id: string; fetched_at: Date; lease_number: number; leased_until: Date | null }>(
    'select id, fetched_at, lease_number, leased_until from tokens',
  );
  expect(found).toHaveLength(1);
  return found[0];
};

const tokenSteps = steps.filter(({ name }) => name.includes('token'));
const table = tokenSteps.flatMap((step) => engines.map((engine) => ({ step, engine })));

for (const { row, chance, label } of drawn('token-holder-killed', table, 2))
  faultTest(
    `a worker is killed while ${row.step.name}: another takes over, and the caller gets a token, ${label}`,
    row.engine,
    async (hub) => {
      const isWatched = chance.oneOf([true, false]);
      const point = await row.step.arm(hub);
      const asking = ask(hub);
      await point.reached();
      if (isWatched) await hub.startWorker('another worker');
      await hub.worker.kill();
      await point.leave('dead');
      if (!isWatched) await hub.startWorker('the next worker');
      const token = await tokenIn(hub, asking);
      expect(await rowOf(hub)).toMatchObject({ lease_number: 2, leased_until: null });
      // The first call was cut off, and may have brought a token that nobody will ever hold.
      expect(await hub.sandbox.calls('token')).toHaveLength(2);
      expect(await tokenIn(hub, ask(hub))).toBe(token);
    },
    underLoad,
  );

for (const { row: engine, label } of drawn('token-holder-killed without short leases', engines, 0, 1))
  faultTest(
    `a token is fetched by another worker long before the dead one's work would be handed out again, ${label}`,
    engine,
    async (hub) => {
      await hub.sandbox.fault('token', { kind: 'hold', when: 'after', name: 'here' });
      const asking = ask(hub);
      await hub.sandbox.parked('here');
      await hub.startWorker('another worker');
      await hub.worker.kill();
      await hub.sandbox.clear();
      await until('the token', async () => (await ask(hub)).status === 200, 60_000);
      await asking;
    },
    { settings: { HUB_LEASE_SECONDS: '600' } },
  );

for (const { row: engine, label } of drawn('token-holder-paused', engines, 1))
  faultTest(`what a worker brings that stood still past its time is dropped, ${label}`, engine, async (hub) => {
    await hub.sandbox.fault('token', { kind: 'hold', when: 'after', name: 'here' });
    const asking = ask(hub);
    await hub.sandbox.parked('here');
    hub.worker.pause();
    await hub.sandbox.release('here');
    await hub.startWorker('another worker');
    const token = await tokenIn(hub, asking);
    const row = await rowOf(hub);
    expect(row).toMatchObject({ lease_number: 2 });

    hub.worker.goOn();
    await until('the first one to have run on', () =>
      hub.worker.lines.some(({ msg, job }) => job === 'fetch-token' && msg !== 'started'),
    );
    expect(await hub.sandbox.calls('token')).toHaveLength(2);
    expect(await rowOf(hub)).toEqual(row);
    const again = await tokenIn(hub, ask(hub));
    expect(decodeJwt(again)['jti']).toBe(decodeJwt(token)['jti']);
    expect(hub.worker.isRunning()).toBe(true);
  });
