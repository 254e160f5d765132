import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { mustCall } from '../../src/cli/call-json.ts';
import { engines, operatorOrgno } from '../support/hub-test.ts';
import { openCallers } from './callers.ts';
import { type FaultHub, faultTest } from './hub-of-processes.ts';

const income = 'skatteetaten:inntekt';
const taxBasis = 'skatteetaten:summertskattegrunnlag';

/** Well within a caller's patience, for a machine that takes long to send so many. */
const holdAtMostMs = 5000;

/** All are sent before Maskinporten answers the first of us; how they are answered, each way of it once. */
const callAtOnce = async ({ sandbox, banks }: FaultHub, urls: string[], scope: string, many: number) => {
  await sandbox.forget();
  await sandbox.fault('token', { kind: 'hold', when: 'before', name: 'first' });
  // Their key is known everywhere, as an app's is that calls all day.
  await Promise.all(urls.map((url) => mustCall('GET', `${url}/v1/me`, banks.bank.key)));
  const callers = await openCallers({ urls, path: '/v1/tokens', key: banks.bank.key, body: { scope }, many });
  const sent = callers.send();
  await sandbox.parked('first');
  await Promise.race([sent, delay(holdAtMostMs)]);
  await sandbox.release('first');
  const answers = await callers.answers();
  expect(answers).toHaveLength(many);
  const ways = answers.map(({ status, body }) => `${status} ${body[status === 200 ? 'token' : 'type']}`);
  return { ways: [...new Set(ways)], upstream: await sandbox.calls('token') };
};

for (const engine of engines)
  faultTest(
    'ten thousand callers at once, over four APIs and two workers, are one call at Maskinporten',
    engine,
    async (hub) => {
      const { sandbox, banks } = hub;
      const [others] = await Promise.all([
        Promise.all(['second', 'third', 'fourth'].map((name) => hub.startApi(`${name} api`))),
        hub.startWorker('second worker'),
      ]);
      const urls = [hub.api, ...others].map(({ url }) => url);

      const given = await callAtOnce(hub, urls, income, 10_000);
      expect(given.ways).toEqual([expect.stringMatching(/^200 ey/)]);
      expect(given.upstream).toHaveLength(1);

      await sandbox.undelegate(banks.bank.orgno, operatorOrgno, taxBasis);
      const refused = await callAtOnce(hub, urls, taxBasis, 2000);
      expect(refused.ways).toEqual(['409 /problems/access-not-delegated']);
      expect(refused.upstream).toHaveLength(1);
    },
    // Nobody dies here: leases outlast all that is slow.
    { settings: { HUB_LEASE_SECONDS: '60' } },
  );
