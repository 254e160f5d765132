import { expect } from 'vitest';
import { until } from '../support/until.ts';
import { lastingTest } from './lasting-world.ts';

const minute = 60 * 1000;

lastingTest('a hub that is closed with work owed goes on when it is opened again', async (world) => {
  const { sandbox, receiver } = world;
  await sandbox.fault('create', { kind: 'status', status: 503 }, 1000);
  receiver.answerWith(...Array.from({ length: 20 }, () => 503));
  const ids = await Promise.all(Array.from({ length: 10 }, () => world.ask()));
  await world.close();
  expect(await sandbox.consents()).toEqual([]);
  await sandbox.clear();

  await world.open();
  await sandbox.advance(10 * minute);
  for (const id of ids) await world.becomes(id, 'pending');
  expect((await sandbox.consents()).map(({ id }) => id).sort()).toEqual(ids.sort());
  // The webhooks of the first run fail too, and outlive another end.
  await world.close();
  await world.open();
  // A receiver that has failed so often rests, and is tried once after each rest.
  const isTold = (id: string): boolean =>
    receiver.received.some(({ event: { type, data } }) => type === 'consent.requested' && data.consent?.id === id);
  await until('all to be told', async () => {
    if (ids.every(isTold)) return true;
    await sandbox.advance(minute);
    return false;
  });
});

lastingTest('a hub that is closed while Altinn thinks asks again, and Altinn has one request', async (world) => {
  const { sandbox } = world;
  await sandbox.fault('create', { kind: 'hold', when: 'after', name: 'done' });
  const id = await world.ask();
  await sandbox.parked('done');
  expect(await sandbox.consents()).toMatchObject([{ id }]);
  const closing = world.close();
  await sandbox.release('done');
  await closing;
  await world.open();
  await world.becomes(id, 'pending');
  expect(await sandbox.consents()).toHaveLength(1);
});

lastingTest('accepted, closed, opened: the token is there, and so is what the person did meanwhile', async (world) => {
  const { sandbox, receiver } = world;
  const [kept, revoked] = [await world.ask(), await world.ask()];
  for (const id of [kept, revoked]) {
    await world.becomes(id, 'pending');
    await sandbox.person(id, 'accept');
  }
  await sandbox.advance(minute);
  for (const id of [kept, revoked]) await world.becomes(id, 'accepted');
  await world.close();
  await sandbox.person(revoked, 'revoke');
  await sandbox.advance(2 * 60 * minute);
  await world.open();
  await world.becomes(revoked, 'revoked');
  await receiver.got('consent.revoked', revoked);
  expect((await world.call('POST', `/v1/consents/${kept}/token`)).status).toBe(200);
  expect((await world.call('POST', `/v1/consents/${revoked}/token`)).status).toBe(409);
});
