import { expect } from 'vitest';
import { furnishAdmin, registeredKids } from '../support/admin-client.ts';
import { engines } from '../support/hub-test.ts';
import { operatorsClient } from '../support/operators-client.ts';
import { until } from '../support/until.ts';
import { type Chance, drawn, isLong } from './chance.ts';
import { type FaultHub, faultTest, underLoad } from './hub-of-processes.ts';
import type { HubProcess } from './processes.ts';

const income = 'skatteetaten:inntekt';
const patienceMs = 60_000;

/** Set before the exchange begins, which may be quicker than the test; what it answers then kills somebody in the midst of it. */
type Kill = (hub: FaultHub, chance: Chance, workers: HubProcess[]) => Promise<() => Promise<void>>;

/** The worker that last began work of that kind. */
const whoDoes = (workers: readonly HubProcess[], job: string, since = 0): HubProcess | undefined => {
  const beganAt = ({ lines }: HubProcess) =>
    Number(lines.findLast((line) => line.msg === 'started' && line['job'] === job)?.['time'] ?? 0);
  return workers
    .filter((worker) => worker.isRunning() && beganAt(worker) > since)
    .sort((a, b) => beganAt(b) - beganAt(a))[0];
};

/** Tokens end so soon that there is always one to be fetched. */
const tokenLifeSeconds = 5;

/** An app that asks for a token all the time, for one audience after the other. */
const startCaller = (hub: FaultHub) => {
  const answers: { status: number; type: unknown }[] = [];
  let isOver = false;
  const asking = (async () => {
    for (let number = 1; !isOver; number += 1) {
      const resource = `https://api.example/${number % 10}`;
      const asked = hub.call('bank', 'POST', '/v1/tokens', { scope: income, resource });
      const { status, body } = await asked.catch((error: unknown) => ({ status: 0, body: { type: error } }));
      answers.push({ status, type: body['type'] });
      isOver ||= status === 0;
    }
  })();
  return {
    answers,
    async stop() {
      isOver = true;
      await asking;
    },
  };
};

/** Kills whoever reads, writes or reads again the key set, before the call has its effect or after. */
const killAtCall: Kill = async (hub, chance, workers) => {
  for (let call = chance.whole(0, 2); call > 0; call -= 1)
    await hub.sandbox.fault('selfservice', { kind: 'delay', ms: 0 });
  await hub.sandbox.fault('selfservice', { kind: 'hold', when: chance.oneOf(['before', 'after']), name: 'here' });
  return async () => {
    await hub.sandbox.parked('here');
    const doomed = whoDoes(workers, 'tend-client-keys');
    if (doomed) await replace(hub, workers, doomed);
    await hub.sandbox.clear();
  };
};

/** Kills whoever tries the new key, or notes that it was taken. */
const killAtProbe: Kill = async (hub, _chance, workers) => {
  const since = Date.now();
  return async () => {
    const doomed = await until('a look at the client', () => whoDoes(workers, 'probe-client', since), patienceMs);
    await replace(hub, workers, doomed);
  };
};

const replace = async (hub: FaultHub, workers: HubProcess[], doomed: HubProcess): Promise<void> => {
  const [next] = await Promise.all([hub.startWorker(`worker ${workers.length + 1}`), doomed.kill()]);
  workers.push(next);
};

const killAtSomeMoment: Kill = async (hub, chance, workers) => {
  const seq = (await hub.sandbox.calls()).at(-1)?.seq ?? 0;
  // As many as an exchange makes at the least before it waits for time to pass: read, write, read again.
  const many = chance.whole(1, 3);
  const isUnderWay = async () => (await hub.sandbox.calls('selfservice', seq)).length >= many;
  return async () => {
    await until('the exchange to be under way', isUnderWay);
    const doomed = chance.oneOf(workers.filter((worker) => worker.isRunning()) as [HubProcess, ...HubProcess[]]);
    await replace(hub, workers, doomed);
  };
};

/** Grants for a tenant that were refused: with whatever key, at whatever moment, each should have been taken. */
const refusedGrants = async (hub: FaultHub): Promise<unknown[]> => {
  const grants = await (await operatorsClient(hub, 'Income')).grants();
  return grants.filter(({ status, body }) => {
    const { assertion } = body as { assertion?: { claims?: { consumer_org?: string } } };
    return status !== null && status !== 200 && assertion?.claims?.consumer_org !== undefined;
  });
};

/** An exchange from the first word to the last; time that only has to pass is taken away. */
const exchange = async (hub: FaultHub, chance: Chance, workers: HubProcess[]): Promise<void> => {
  const client = await operatorsClient(hub, 'Income');
  const old = (await client.seen()).keys.find(({ state }) => state === 'active');
  const kill = await chance.oneOf([killAtCall, killAtCall, killAtProbe, killAtSomeMoment])(hub, chance, workers);
  const [answer] = await Promise.all([hub.call('operator', 'POST', `${client.path}/rotate-key`), kill()]);
  expect(answer.status).toBe(202);
  const keyNow = async () => (await client.seen()).keys.find(({ state }) => state === 'active');
  const hurry = (job: string) => hub.rows('update outbox set due_at = now() where job = $1 and due_at > now()', [job]);
  await until(
    'the new key to take over',
    async () => {
      await hurry('probe-client');
      return (await keyNow())?.id !== old?.id;
    },
    patienceMs,
  );
  await hub.rows(
    `update maskinporten_keys set active_since = active_since - interval '11 minutes' where state = 'retiring'`,
  );
  const isThrice = chance.oneOf([true, false]);
  if (isThrice)
    await replace(
      hub,
      workers,
      chance.oneOf(workers.filter((one) => one.isRunning()) as [HubProcess, ...HubProcess[]]),
    );
  await until(
    'the old key to be taken away',
    async () => {
      await hurry('probe-client');
      await hub.rows(
        `update maskinporten_keys set retired_at = retired_at - interval '1 minute' where retired_at > now() - interval '20 seconds'`,
      );
      await hurry('tend-client-keys');
      const [kid, ...others] = await registeredKids(hub, client.clientId);
      return others.length === 0 && kid === (await keyNow())?.kid;
    },
    patienceMs,
  );
  const { keys } = await client.seen();
  expect(keys.filter(({ state }) => state !== 'retired').map(({ state }) => state)).toEqual(['active']);
  expect(await refusedGrants(hub)).toEqual([]);
};

for (const { row: engine, chance, label } of drawn('rotation-killed', engines, 1, 6))
  faultTest(
    `workers killed while a key is exchanged by itself never leave its client without one, ${label}`,
    engine,
    async (hub) => {
      await furnishAdmin(hub);
      const workers = [hub.worker, await hub.startWorker('another worker')];
      await hub.sandbox.settings({ tokenLifeSeconds, selfServiceDelaySeconds: chance.whole(0, 20) / 10 });
      const caller = startCaller(hub);
      for (let round = 0; round < (isLong ? 2 : 1); round += 1) await exchange(hub, chance, workers);
      const had = caller.answers.length;
      await until(
        'tokens at the end',
        () => caller.answers.slice(had).filter(({ status }) => status === 200).length > 20,
      );
      await caller.stop();
      // What a dead worker had begun is another's when its lease ends: that may take longer than an app is kept waiting.
      const late = '/problems/token-not-ready';
      expect(caller.answers.filter(({ status, type }) => status !== 200 && type !== late)).toEqual([]);
      const { body } = await hub.call('operator', 'GET', '/operator/v1/audit?action=maskinporten-client.stopped');
      expect(body['items']).toEqual([]);
      const rest = await hub.rows(`select 1 from maskinporten_keys where state not in ('active', 'retired')`);
      expect(rest).toEqual([]);
    },
    underLoad,
  );
