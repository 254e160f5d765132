import { expect } from 'vitest';
import { engines, operatorOrgno } from '../support/hub-test.ts';
import { until } from '../support/until.ts';
import { drawn } from './chance.ts';
import { type FaultHub, faultTest, underLoad } from './hub-of-processes.ts';

const income = 'skatteetaten:inntekt';
const taxBasis = 'skatteetaten:summertskattegrunnlag';
const audience = (number: number) => `https://api.example/${number}`;
/** Several tokens of each scope: each is renewed by itself. */
const asks = [income, taxBasis].flatMap((scope) => [
  { scope },
  ...[1, 2, 3].map((number) => ({ scope, resource: audience(number) })),
]);
const income4 = asks.filter(({ scope }) => scope === income);
const taxBasis4 = asks.filter(({ scope }) => scope === taxBasis);

type Told = { id: string; type: string; data: { access: { kind: string; name: string } } };

/** Events about access so far, and which of them the webhook has brought. */
const told = async (hub: FaultHub) => {
  const { body } = await hub.call('bank', 'GET', '/v1/events?limit=200');
  const brought = new Set(hub.receiver.received.map(({ headers }) => headers['webhook-id']));
  return (body['items'] as Told[])
    .filter(({ type }) => type.startsWith('access.'))
    .map(({ id, type, data }) => `${type} ${data.access.name}${brought.has(id) ? '' : ' (not brought)'}`);
};

const isTold = (hub: FaultHub, ...wanted: string[]) =>
  until(wanted.join(), async () => {
    const found = await told(hub);
    return wanted.every((one) => found.includes(one));
  });

/** All renewals fall due at this moment, in whichever worker. */
const renewAll = async ({ rows }: FaultHub): Promise<void> => {
  // As if two minutes had passed: a renewal is not made before its time.
  await rows(`update tokens set fetched_at = fetched_at - interval '2 minutes'`);
  await rows(`update outbox set due_at = now() where job = 'refresh-token'`);
  await rows(`select pg_notify('hub', '["work:refresh-token"]')`);
  await until('all to have been tried', async () => {
    const left = await rows(
      `select 1 from outbox where job = 'refresh-token' and (due_at <= now() or leased_until > now())`,
    );
    return left.length === 0;
  });
};

const statuses = (hub: FaultHub, which: object[]) =>
  Promise.all(which.map(async (ask) => (await hub.call('bank', 'POST', '/v1/tokens', ask)).status));
const all = (which: object[], status: number) => which.map(() => status);

for (const { row: engine, label } of drawn('access-lost-once', engines, 1))
  faultTest(
    `access taken away and given again is told once each, whichever of two workers and many renewals meet it, ${label}`,
    engine,
    async (hub) => {
      const { sandbox, banks } = hub;
      const { orgno } = banks.bank;
      await hub.startWorker('another worker');
      expect((await hub.call('bank', 'POST', '/v1/readiness/check')).status).toBe(200);
      expect(await statuses(hub, asks)).toEqual(all(asks, 200));
      await until('all uses to be noted', async () => {
        const used = await hub.rows('select 1 from tokens where used_at is not null');
        return used.length === asks.length;
      });
      await renewAll(hub);
      expect(await told(hub)).toEqual([]);

      // One renewal's refusal comes late, when the others have long been noted.
      await sandbox.undelegate(orgno, operatorOrgno, income);
      await sandbox.fault('token', { kind: 'hold', when: 'after', name: 'late' });
      const renewing = renewAll(hub);
      await isTold(hub, `access.lost ${income}`);
      await sandbox.clear();
      await renewing;
      expect(await statuses(hub, income4)).toEqual(all(income4, 409));
      expect(await statuses(hub, taxBasis4)).toEqual(all(taxBasis4, 200));
      expect(
        await hub.rows('select 1 from tokens where scopes = array[$1] and token_sealed is not null', [income]),
      ).toEqual([]);

      await sandbox.undelegate(orgno, operatorOrgno, taxBasis);
      for (const _ of [1, 2, 3]) await renewAll(hub);
      await isTold(hub, `access.lost ${taxBasis}`);
      expect(await statuses(hub, asks)).toEqual(all(asks, 409));
      const lost = [`access.lost ${income}`, `access.lost ${taxBasis}`];
      expect(await told(hub)).toEqual(lost);

      await sandbox.delegate(orgno, operatorOrgno, income);
      await sandbox.delegate(orgno, operatorOrgno, taxBasis);
      // Its apps go on asking, all at once.
      await until('all tokens', async () => (await statuses(hub, asks)).every((status) => status === 200));
      await isTold(hub, `access.granted ${income}`, `access.granted ${taxBasis}`);
      await renewAll(hub);
      expect((await told(hub)).sort()).toEqual([`access.granted ${income}`, `access.granted ${taxBasis}`, ...lost]);
    },
    underLoad,
  );
