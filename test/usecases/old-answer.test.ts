import { expect } from 'vitest';
import { hubTest, operatorOrgno } from '../support/hub-test.ts';
import { until } from '../support/until.ts';
import { rowsOf } from './rows.ts';

const second = 1000;
const scope = 'skatteetaten:inntekt';

hubTest('a refusal that comes when access has been proved again is no news', async (world) => {
  const { call, sandbox, banks, receiver } = world;
  const isGranted = async () =>
    (await rowsOf(world, `select 1 from access where name = $1 and state = 'granted'`, [scope])).length === 1;
  await call('bank', 'POST', '/v1/readiness/check');
  expect((await call('bank', 'POST', '/v1/tokens', { scope })).status).toBe(200);
  await until('the use to be noted', async () => {
    const used = await rowsOf(world, 'select 1 from tokens where used_at is not null and scopes = array[$1]', [scope]);
    return used.length === 1;
  });
  await world.settled();

  await sandbox.undelegate(banks.bank.orgno, operatorOrgno, scope);
  await sandbox.fault('token', { kind: 'hold', when: 'after', name: 'refusal' });
  // By then it is renewed, wherever its place in the period is; and it is good for a quarter of a minute still.
  await sandbox.advance(95 * second);
  await sandbox.parked('refusal');
  await sandbox.delegate(banks.bank.orgno, operatorOrgno, scope);
  const readiness = await call('bank', 'POST', '/v1/readiness/check');
  expect(readiness.status).toBe(200);
  await sandbox.release('refusal');
  await world.settled();
  expect(await isGranted()).toBe(true);
  expect(receiver.received.map(({ event }) => event.type).filter((type) => type.startsWith('access.'))).toEqual([]);
});
