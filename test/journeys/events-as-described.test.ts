import { expect } from 'vitest';
import type { EventType } from '../../src/domain/event.ts';
import { eventSchemas } from '../../src/http/events/event-schemas.ts';
import { given } from '../support/given.ts';
import { hubTest, operatorOrgno } from '../support/hub-test.ts';
import type { Received } from '../support/receiver.ts';
import { day, hour, inTime, minute } from './in-time.ts';

const administration = 'altinn:consentrequests.write';
const income = 'skatteetaten:inntekt';

hubTest('what is told by webhook and by cursor is what the catalogue says, to the last field', async (world) => {
  const { call, receiver, sandbox, banks, webhook } = world;
  const accepted = await world.ask('bank');
  await world.answer(accepted.approvalUrl, 'accept');
  await world.becomes('bank', accepted.id, 'accepted');
  await sandbox.person(accepted.id, 'revoke');
  await inTime(world, 'the revocation', hour, async () => (await world.status('bank', accepted.id)) === 'revoked');
  const rejected = await world.ask('bank', { reference: 'loan-4711' });
  await world.answer(rejected.approvalUrl, 'reject');
  const withdrawn = await world.ask('bank');
  await call('bank', 'POST', `/v1/consents/${withdrawn.id}/withdraw`);
  await call('bank', 'POST', '/v1/consents', given.ask(`${receiver.url}/done`, { from: { person: '05826590078' } }));
  await receiver.got('consent.failed');
  await sandbox.ungrant(banks.bank.orgno, income);
  await sandbox.undelegate(banks.bank.orgno, operatorOrgno, administration);
  await sandbox.advance(11 * minute);
  await call('bank', 'POST', '/v1/consents', given.ask(`${receiver.url}/done`));
  await receiver.got('consent.blocked');
  await receiver.got('access.lost');
  await sandbox.delegate(banks.bank.orgno, operatorOrgno, administration);
  await sandbox.grant(banks.bank.orgno, income);
  await sandbox.advance(2 * minute);
  await call('bank', 'POST', '/v1/readiness/check');
  await receiver.got('access.granted');
  await call('bank', 'POST', `/v1/webhook-endpoints/${webhook.id}/test`);
  await receiver.got('ping');
  await sandbox.advance(11 * day);
  await receiver.got('consent.expired');
  await world.settled();

  const events = (await call('bank', 'GET', '/v1/events?limit=200')).body['items'] as Received['event'][];
  const consents = ['requested', 'accepted', 'rejected', 'revoked', 'expired', 'withdrawn', 'failed', 'blocked'];
  expect([...new Set(events.map(({ type }) => type))]).toEqual(
    expect.arrayContaining([...consents.map((name) => `consent.${name}`), 'access.lost', 'access.granted', 'ping']),
  );
  for (const event of [...events, ...receiver.received.map(({ event }) => event)])
    expect(eventSchemas[event.type as EventType].parse(event), event.type).toEqual(event);
});
