import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { answerAsPerson } from '../../src/cli/answer-as-person.ts';
import { callJson } from '../../src/cli/call-json.ts';
import { type Bank, furnishBank } from '../../src/cli/furnish.ts';
import { given, masked, persons } from '../support/given.ts';
import { engines, operatorKey, operatorOrgno } from '../support/hub-test.ts';
import { until } from '../support/until.ts';
import { askFor, type Wish } from './asked-tokens.ts';
import { drawn, isLong } from './chance.ts';
import { type FaultHub, faultTest } from './hub-of-processes.ts';
import { income, openInterleavings, taxBasis } from './interleavings.ts';

/** Short, so that within a test tokens end and are renewed many times over. */
const tokenLifeSeconds = 5;
const turns = isLong ? 150 : 60;

/** A consent that a person has given that bank. */
const givenConsent = async ({ api, receiver }: FaultHub, { key }: Bank): Promise<string> => {
  const ask = given.ask(`${receiver.url}/done`);
  const { status, body } = await callJson('POST', `${api.url}/v1/consents`, key, ask, { prefer: 'wait=20' });
  expect(status, JSON.stringify(body)).toBe(201);
  await answerAsPerson(String(body['approvalUrl']), masked(persons.one), 'accept');
  const id = String(body['id']);
  await until('the consent to be given', async () => {
    const found = await callJson('GET', `${api.url}/v1/consents/${id}`, key);
    return found.body['status'] === 'accepted';
  });
  return id;
};

const wishesOf = async (hub: FaultHub, bank: Bank): Promise<Wish[]> => {
  const whose = { orgno: bank.orgno, key: bank.key };
  const plain = [income, taxBasis].flatMap((scope) => [
    { ...whose, scope },
    ...['https://api.example/one', 'https://api.example/two'].map((resource) => ({ ...whose, scope, resource })),
  ]);
  const consents = await Promise.all([givenConsent(hub, bank), givenConsent(hub, bank)]);
  return [...plain, ...consents.map((consentId) => ({ ...whose, scope: income, consentId }))];
};

for (const { row: engine, chance, label } of drawn('tokens-never-mixed', engines, 1, 10))
  faultTest(
    `whatever happens between callers, a token is its asker's and what was asked for, ${label}`,
    engine,
    async (hub) => {
      const [secondApi] = await Promise.all([hub.startApi('second api'), hub.startWorker('second worker')]);
      const apis = [hub.api, secondApi] as const;
      const place = { url: hub.api.url, sandboxUrl: hub.sandbox.url, operatorKey };
      const redirectUrls = [`${hub.receiver.url}/done`];
      // The operator is a tenant like others, and asks without naming itself.
      const own = await furnishBank(place, { orgno: operatorOrgno, name: 'Operatøren selv', redirectUrls });
      const banks = [hub.banks.bank, hub.banks.insurer, own] as const;
      const wishes = (await Promise.all(banks.map((bank) => wishesOf(hub, bank)))).flat() as [Wish, ...Wish[]];
      await hub.sandbox.settings({ tokenLifeSeconds });
      const world = await openInterleavings(hub, chance, banks);

      const asking: Promise<boolean>[] = [];
      for (let turn = 0; turn < turns; turn += 1) {
        await world.next();
        for (let callers = chance.whole(1, 8); callers > 0; callers -= 1) {
          const asked = askFor(chance.oneOf(wishes), chance.oneOf(apis));
          asked.catch(() => undefined); // it is looked at in the end
          asking.push(asked);
        }
        // Sometimes things happen at once, and sometimes the last has had its effect.
        await delay(chance.whole(0, 200));
      }
      await world.calm();
      const answered = await Promise.all(asking);
      expect(answered.filter((was) => was).length).toBeGreaterThan(asking.length / 10);
      // And what was left behind in any process or row is everybody's own.
      for (const api of apis)
        await Promise.all(wishes.map((wish) => until(`a token of ${wish.scope}`, () => askFor(wish, api), 60_000)));
    },
  );
