import { expect, onTestFinished, test } from 'vitest';
import { mustCall } from '../../src/cli/call-json.ts';
import { giveAdminClient } from '../support/admin-client.ts';
import { openWorld, operatorOrgno, type World } from '../support/hub-test.ts';
import { until } from '../support/until.ts';

const administration = 'altinn:consentrequests.write';
const party = '7630cd18-1651-459e-92ba-63c61faefa4a';
const second = 1000;

/** As the hub has noted it; nobody looks because of this. */
const step = async ({ call }: World) => {
  const { body } = await call('bank', 'GET', '/v1/readiness');
  const [service] = body['services'] as unknown as { steps: { step: string; state: string; mover: string }[] }[];
  return service?.steps.find((one) => one.step === 'consent-administration');
};
/** A round later, and before anything else would have looked. */
const becomes = async (world: World, state: string) => {
  await world.sandbox.advance(11 * second);
  await until(`administration is ${state}`, async () => (await step(world))?.state === state);
};

// On one engine: what differs between them is not of this test.
test('what the operator’s own list of consumers tells is found out within one round, for all tenants with a call a scope', async () => {
  const world = await openWorld('postgresql', {
    ...{ HUB_DELEGATIONS_FROM: 'supplier-list', HUB_DELEGATIONS_EVERY_SECONDS: '10', HUB_PARTY_UUID: party },
  });
  onTestFinished(() => world.close());
  const { sandbox, banks, receiver } = world;
  await mustCall('POST', `${sandbox.url}/sandbox/organizations`, undefined, {
    ...{ orgno: operatorOrgno, name: 'Leverandør', partyUuid: party },
  });
  await giveAdminClient(world, ['altinn:accessmanagement/enduser:maskinportenconsumers.read']);
  await sandbox.undelegate(banks.bank.orgno, operatorOrgno, administration);
  await world.call('bank', 'POST', '/v1/readiness/check');
  expect(await step(world)).toMatchObject({ state: 'missing', mover: 'tenant' });

  await sandbox.delegate(banks.bank.orgno, operatorOrgno, administration);
  await becomes(world, 'done');
  await receiver.got('access.granted');
  // Its token is good for two minutes; nothing else would have looked.
  await sandbox.undelegate(banks.bank.orgno, operatorOrgno, administration);
  await becomes(world, 'missing');
  await receiver.got('access.lost');

  // Where nothing changed nobody is asked for a token.
  const begun = () =>
    world.logs.filter((line) => line.includes('"job":"read-delegations"') && line.includes('"msg":"started"')).length;
  await world.settled();
  const rounds = begun();
  const since = (await sandbox.calls()).at(-1)?.seq ?? 0;
  await sandbox.advance(11 * second);
  await until('another round', async () => (await sandbox.calls('consumers', since)).length >= 3);
  await world.settled();
  // One round, or on a slow machine the next one too.
  const asked = (await sandbox.calls('consumers', since)).length;
  expect(begun()).toBeGreaterThan(rounds);
  expect(asked).toBeLessThanOrEqual(3 * (begun() - rounds));
  const grants = (await sandbox.calls('token', since)).map(({ body }) => JSON.stringify(body));
  expect(grants.filter((grant) => grant.includes('consumer_org'))).toEqual([]);
});
