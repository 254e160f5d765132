import pg from 'pg';
import { expect } from 'vitest';
import { masked, persons } from '../support/given.ts';
import { hubTest, type World } from '../support/hub-test.ts';
import { day, hour, minute } from './in-time.ts';

const inTwoDays = () => new Date(Date.now() + 2 * day).toISOString();

/** What the database keeps of whom a consent is about. */
const keptOf = async ({ adminUrl }: World, id: string) => {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const text = 'select party_sealed, party_lookup, party_masked from consents where id = $1';
    return (await client.query(text, [id])).rows[0] as Record<string, unknown>;
  } finally {
    await client.end();
  }
};

hubTest('a consent ends when it was said to end, and its token with it', async (world) => {
  const { call, sandbox, receiver } = world;
  const { id, approvalUrl } = await world.ask('bank', { validTo: inTwoDays() });
  await world.answer(approvalUrl, 'accept');
  await world.becomes('bank', id, 'accepted');
  const token = () => call('bank', 'POST', `/v1/consents/${id}/token`);
  const { body } = await token();
  const [{ expiresAt }] = body['tokens'] as [{ expiresAt: string }];
  expect(new Date(expiresAt).getTime()).toBeLessThanOrEqual(Date.now() + 2 * day);
  await sandbox.advance(2 * day + minute);
  expect(await token()).toMatchObject({ status: 409, body: { type: '/problems/consent-not-accepted' } });
  await world.becomes('bank', id, 'expired');
  const { event } = await receiver.got('consent.expired', id);
  expect(event.data.consent).toMatchObject({ status: 'expired', version: 4 });
});

hubTest('a question nobody answered ends likewise', async (world) => {
  const { sandbox, receiver } = world;
  const { id } = await world.ask('bank', { validTo: inTwoDays() });
  await sandbox.advance(2 * day + minute);
  await world.becomes('bank', id, 'expired');
  await receiver.got('consent.expired', id);
});

hubTest('a yes given just before the end is told before the end', async (world) => {
  const { sandbox, receiver } = world;
  const { id } = await world.ask('bank', { validTo: inTwoDays() });
  await sandbox.advance(day);
  await world.settled();
  await sandbox.person(id, 'accept');
  await sandbox.advance(day + minute);
  await world.becomes('bank', id, 'expired');
  await receiver.got('consent.expired', id);
  await world.settled();
  const told = receiver.received.map(({ event }) => [event.type, event.data.consent?.['version']] as const);
  expect(told.sort(([, a], [, b]) => Number(a) - Number(b))).toEqual([
    ['consent.requested', 2],
    ['consent.accepted', 3],
    ['consent.expired', 4],
  ]);
});

hubTest('it ends on time also while Altinn is away', async (world) => {
  const { sandbox } = world;
  const { id } = await world.ask('bank', { validTo: inTwoDays() });
  await sandbox.fault('get', { kind: 'status', status: 503 }, 1000);
  await sandbox.advance(2 * day + minute);
  await world.becomes('bank', id, 'expired');
  await sandbox.clear();
});

hubTest('a person takes a consent back: the bank is told and gets no token any more', async (world) => {
  const { call, sandbox, receiver } = world;
  const { id, approvalUrl } = await world.ask('bank');
  await world.answer(approvalUrl, 'accept');
  await world.becomes('bank', id, 'accepted');
  await sandbox.person(id, 'revoke');
  await sandbox.advance(hour + minute);
  await world.becomes('bank', id, 'revoked');
  await receiver.got('consent.revoked', id);
  expect((await call('bank', 'POST', `/v1/consents/${id}/token`)).status).toBe(409);
});

hubTest('who fetches a token for a consent just revoked is told, and so is the bank’s webhook', async (world) => {
  const { call, sandbox, receiver } = world;
  const { id, approvalUrl } = await world.ask('bank');
  await world.answer(approvalUrl, 'accept');
  await world.becomes('bank', id, 'accepted');
  await sandbox.person(id, 'revoke');
  const told = await call('bank', 'POST', `/v1/consents/${id}/token`);
  expect(told).toMatchObject({ status: 409, body: { type: '/problems/consent-not-usable' } });
  await sandbox.advance(3000); // Altinn is asked at once, but not twice in two seconds
  await receiver.got('consent.revoked', id);
});

hubTest('ninety days after its end the hub no longer knows whom a consent was about', async (world) => {
  const { call, sandbox } = world;
  const { id } = await world.ask('bank', { reference: 'loan-4711' });
  await sandbox.person(id, 'reject');
  await sandbox.advance(minute);
  const before = await world.becomes('bank', id, 'rejected');
  await sandbox.advance(89 * day);
  await world.settled();
  expect(await keptOf(world, id)).toMatchObject({
    party_sealed: expect.any(Buffer),
    party_masked: masked(persons.one),
  });
  const search = async () =>
    (await call('bank', 'POST', '/v1/consents/search', { person: persons.one })).body['items'] as unknown[];
  expect(await search()).toHaveLength(1);
  await sandbox.advance(day + hour);
  await world.settled();
  expect(await keptOf(world, id)).toEqual({ party_sealed: null, party_lookup: null, party_masked: '***********' });
  expect(await search()).toEqual([]);
  const after = await call('bank', 'GET', `/v1/consents/${id}`);
  expect(after.body).toEqual({ ...before, from: { person: '***********' } });
});
