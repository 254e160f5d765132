import { expect, onTestFinished, test } from 'vitest';
import { mustCall } from '../../src/cli/call-json.ts';
import { giveAdminClient } from '../support/admin-client.ts';
import { openWorld, operatorOrgno, type World } from '../support/hub-test.ts';
import { until } from '../support/until.ts';

const administration = 'altinn:consentrequests.write';
const income = 'skatteetaten:inntekt';
const second = 1000;

const openAsking = async (services: string): Promise<World> => {
  const world = await openWorld('postgresql', {
    HUB_ASK_FOR_ACCESS: 'altinn2-delegation-requests',
    HUB_ASK_FOR_ACCESS_SERVICES: services,
  });
  onTestFinished(() => world.close());
  await giveAdminClient(world, ['altinn:delegationrequests.read', 'altinn:delegationrequests.write']);
  return world;
};
const path = ({ banks }: World) => `/operator/v1/tenants/${banks.bank.id}/access-requests`;
const list = async (world: World) =>
  (await world.call('operator', 'GET', path(world))).body['items'] as unknown as { status: string; problem: object }[];
const atAltinn = async ({ sandbox }: World) =>
  (await mustCall('GET', `${sandbox.url}/sandbox/altinn2/delegation-requests`)) as unknown as {
    id: string;
    offeredBy: string;
    services: string[];
  }[];

test('a bank is asked once, whatever is lost on the way; what it delegates is found out as soon as it has answered', async () => {
  const world = await openAsking(`${administration}=5601_1`);
  const { sandbox, banks, receiver } = world;
  await sandbox.undelegate(banks.bank.orgno, operatorOrgno, administration);
  await world.call('bank', 'POST', '/v1/readiness/check');

  // A look, and then the request, whose answer is lost.
  await sandbox.fault('altinn2-ask-access', { kind: 'delay', ms: 0 });
  await sandbox.fault('altinn2-ask-access', { kind: 'reset', when: 'after' });
  const asked = await world.call('operator', 'POST', path(world));
  expect(asked).toMatchObject({
    status: 202,
    body: {
      items: [{ service: '5601_1', scopes: [administration], status: 'queued', problem: null }],
      cannotBeAsked: [],
    },
  });
  await until('it is at Altinn', async () => (await atAltinn(world)).length > 0);
  await sandbox.advance(15 * second);
  await until('the hub has found it', async () => (await list(world))[0]?.status === 'unopened');
  expect((await world.call('operator', 'POST', path(world))).body['items']).toHaveLength(1);
  const [request, ...more] = await atAltinn(world);
  expect(request).toMatchObject({ offeredBy: banks.bank.orgno, services: ['5601_1'] });
  expect(more).toEqual([]);

  await mustCall('POST', `${sandbox.url}/sandbox/altinn2/delegation-requests/${request?.id}/accept`);
  await sandbox.advance(61 * second);
  await until('the hub knows', async () => (await list(world))[0]?.status === 'accepted');
  await receiver.got('access.granted');
  // There is nothing left to ask for.
  expect(await world.call('operator', 'POST', path(world))).toMatchObject({
    status: 202,
    body: { items: [], cannotBeAsked: [] },
  });
  const { body } = await world.call(
    'operator',
    'GET',
    `/operator/v1/audit?tenantId=${banks.bank.id}&action=access.asked`,
  );
  expect(body['items']).toHaveLength(1);
});

test('what nobody can be asked for is said, with the page where it is done; what is refused has failed', async () => {
  const world = await openAsking(`${income}=9999_9`);
  const { sandbox, banks } = world;
  await sandbox.undelegate(banks.bank.orgno, operatorOrgno, administration);
  await world.call('bank', 'POST', '/v1/readiness/check');
  expect(await world.call('operator', 'POST', path(world))).toMatchObject({
    status: 409,
    body: { type: '/problems/cannot-be-asked', mover: 'tenant', link: expect.stringMatching(/^http/) },
  });
  await sandbox.undelegate(banks.insurer.orgno, operatorOrgno, income);
  await world.call('insurer', 'POST', '/v1/readiness/check');
  const insurer = `/operator/v1/tenants/${banks.insurer.id}/access-requests`;
  expect((await world.call('operator', 'POST', insurer)).status).toBe(202);
  await until('Altinn has refused it', async () => {
    const { body } = await world.call('operator', 'GET', insurer);
    const [item] = body['items'] as unknown as { status: string; problem: { type: string } | null }[];
    return item?.status === 'failed' && item.problem?.type === '/problems/altinn-refused';
  });
});
