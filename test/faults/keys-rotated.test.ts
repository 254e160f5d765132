import { expect } from 'vitest';
import type { Answer } from '../../src/cli/call-json.ts';
import { given } from '../support/given.ts';
import { engines, type TenantName } from '../support/hub-test.ts';
import { grantOf, operatorsClient } from '../support/operators-client.ts';
import { until } from '../support/until.ts';
import { type Chance, drawn, isLong } from './chance.ts';
import { type FaultHub, faultTest, underLoad } from './hub-of-processes.ts';
import type { HubProcess } from './processes.ts';
import { tenants } from './whole-feed.ts';

const income = 'skatteetaten:inntekt';
const patienceMs = 90_000;

/** Apps of both tenants that ask for tokens and consents all the time, and write down each answer. */
const startCallers = (hub: FaultHub, chance: Chance, apis: readonly [HubProcess, ...HubProcess[]]) => {
  const ask = given.ask(`${hub.receiver.url}/done`);
  const answers: { what: string; status: number; body: Answer['body'] }[] = [];
  let isOver = false;
  const once = async (what: 'token' | 'consent', who: TenantName): Promise<void> => {
    const api = chance.oneOf(apis);
    // Each audience is a token of its own, so that there is always one to be fetched.
    const resource = `https://api.example/${chance.whole(1, 20)}`;
    const { status, body } =
      what === 'token'
        ? await hub.call(who, 'POST', '/v1/tokens', { scope: income, resource }, {}, api)
        : await hub.call(who, 'POST', '/v1/consents', ask, { prefer: 'wait=10' }, api);
    answers.push({ what, status, body });
  };
  const lanes = tenants.flatMap((who) =>
    (['token', 'token', 'consent'] as const).map(async (what) => {
      while (!isOver) await once(what, who);
    }),
  );
  return {
    answers,
    async stop() {
      isOver = true;
      await Promise.all(lanes);
    },
  };
};

/** As an operator does it: a key is added, registered, and when it has taken over the old one is taken away. */
const rotate = async (hub: FaultHub, chance: Chance, name: string): Promise<void> => {
  const client = await operatorsClient(hub, name);
  const old = (await client.seen()).keys.find(({ state }) => state === 'active');
  const fresh = (await client.addKey()).keys.at(-1);
  const isNow = async (state: string) =>
    (await client.seen()).keys.some((key) => key.id === fresh?.id && key.state === state);
  expect(await isNow('pending')).toBe(true);
  await client.register();
  const isHurried = chance.oneOf([true, false]);
  await until(
    'the new key to take over',
    async () => {
      if (isHurried) await client.probe();
      return isNow('active');
    },
    patienceMs,
  );
  await client.register((kid) => kid !== old?.kid);
  const seq = (await hub.sandbox.calls()).at(-1)?.seq ?? 0;
  await until(
    'grants signed with the new key',
    async () => {
      const grants = await client.grants(seq);
      return grants.filter((call) => call.status === 200 && grantOf(call).kid === fresh?.kid).length >= 10;
    },
    patienceMs,
  );
  if (chance.oneOf([true, false])) await hub.call('operator', 'DELETE', `${client.path}/keys/${old?.id}`);
};

for (const { row: engine, chance, label } of drawn('keys-rotated', engines, 1))
  faultTest(
    `keys are exchanged for others under load without a failed request, ${label}`,
    engine,
    async (hub) => {
      const apis = [hub.api, await hub.startApi('another api')] as const;
      await hub.startWorker('another worker');
      // So that each token is asked for anew every few seconds, though not before its caller has it,
      // and a new key is unknown for a while.
      await hub.sandbox.settings({ tokenLifeSeconds: 6, keyPropagationMs: 2000 });
      await hub.sandbox.advance(2000);
      const callers = startCallers(hub, chance, apis);
      await until('the load to be under way', () => callers.answers.length > 50, patienceMs);
      for (let round = 0; round < (isLong ? 3 : 1); round += 1)
        await Promise.all(['Income', 'Consent administration'].map((name) => rotate(hub, chance, name)));
      await callers.stop();

      const failed = callers.answers.filter(({ status, body }) => status >= 300 || body['status'] === 'blocked');
      expect(failed).toEqual([]);
      for (const what of ['token', 'consent'])
        expect(callers.answers.filter((answer) => answer.what === what).length).toBeGreaterThan(20);
      const { body } = await hub.call('operator', 'GET', '/operator/v1/audit?action=maskinporten-client.stopped');
      expect(body['items']).toEqual([]);
      await until(
        'all consents to be at Altinn',
        async () => (await hub.rows(`select 1 from consents where status <> 'pending'`)).length === 0,
        patienceMs,
      );
    },
    underLoad,
  );
