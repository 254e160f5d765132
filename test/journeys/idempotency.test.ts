import pg from 'pg';
import { expect } from 'vitest';
import { given } from '../support/given.ts';
import { hubTest, type World } from '../support/hub-test.ts';

const countConsents = async ({ adminUrl }: World): Promise<number> => {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    return Number((await client.query('select count(*) from consents')).rows[0]?.count);
  } finally {
    await client.end();
  }
};

hubTest('a hundred at once with one key make one consent', async (world) => {
  const { call, receiver, sandbox } = world;
  const ask = given.ask(`${receiver.url}/done`);
  const key = { 'idempotency-key': 'loan-4711' };
  const answers = await Promise.all(Array.from({ length: 100 }, () => call('bank', 'POST', '/v1/consents', ask, key)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(1);
  await world.becomes('bank', String(answers[0]?.body['id']), 'pending');
  await world.settled();
  expect(await countConsents(world)).toBe(1);
  expect(await sandbox.consents()).toMatchObject([{ createCalls: 1 }]);
  await receiver.got('consent.requested');
  expect(receiver.received).toHaveLength(1);
});

hubTest('keys side by side stay apart, also when they share a statement', async (world) => {
  const { call, receiver } = world;
  const ask = given.ask(`${receiver.url}/done`);
  const answers = await Promise.all(
    Array.from({ length: 90 }, (_, index) =>
      call(
        'bank',
        'POST',
        '/v1/consents',
        { ...ask, reference: `r${index % 9}` },
        { 'idempotency-key': `k${index % 9}` },
      ),
    ),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(9);
  expect(await countConsents(world)).toBe(9);
  for (const [index, { body }] of answers.entries()) expect(body['reference']).toBe(`r${index % 9}`);
});

hubTest('a repeat is told how the consent stands now', async (world) => {
  const { call, receiver } = world;
  const ask = given.ask(`${receiver.url}/done`);
  const headers = { 'idempotency-key': 'loan-4711', prefer: 'wait=20' };
  const again = () => call('bank', 'POST', '/v1/consents', ask, headers);
  const first = await again();
  expect(first).toMatchObject({ status: 201, body: { status: 'pending' } });
  expect(await again()).toMatchObject({ status: 201, body: first.body });
  await world.answer(String(first.body['approvalUrl']), 'accept');
  await world.becomes('bank', String(first.body['id']), 'accepted');
  const accepted = await again();
  expect(accepted.body).toMatchObject({ id: first.body['id'], status: 'accepted', version: 3 });
  await world.sandbox.advance(23 * 60 * 60 * 1000);
  await world.settled();
  expect((await again()).body).toMatchObject({ id: first.body['id'], status: 'accepted' });
  // The same key, quoted as the draft has it.
  const quoted = await call('bank', 'POST', '/v1/consents', ask, { 'idempotency-key': '"loan-4711"' });
  expect(quoted.body['id']).toBe(first.body['id']);
});

hubTest('a repeat that comes after the end is told that it expired', async (world) => {
  const { call, receiver, sandbox } = world;
  const ask = given.ask(`${receiver.url}/done`, { validTo: new Date(Date.now() + 600_000).toISOString() });
  const again = () => call('bank', 'POST', '/v1/consents', ask, { 'idempotency-key': 'loan-4711' });
  const { body } = await again();
  await world.becomes('bank', String(body['id']), 'pending');
  await sandbox.advance(700_000);
  await world.becomes('bank', String(body['id']), 'expired');
  expect(await again()).toMatchObject({ status: 202, body: { id: body['id'], status: 'expired' } });
});

hubTest('the same body written otherwise is the same body; another body is refused', async (world) => {
  const { call, receiver } = world;
  const key = { 'idempotency-key': 'loan-4711' };
  const ask = given.ask(`${receiver.url}/done`);
  const first = await call('bank', 'POST', '/v1/consents', ask, key);
  const { rights, validTo, ...rest } = ask;
  const metadata = { tilogmed: '2025-12', fraogmed: '2025-01' };
  const otherwise = {
    rights: [{ metadata, service: rights[0]?.service }],
    validTo: validTo.replace('Z', '+00:00'),
    ...rest,
  };
  expect((await call('bank', 'POST', '/v1/consents', otherwise, key)).body['id']).toBe(first.body['id']);
  for (const change of [
    { reference: 'other' },
    { redirectUrl: `${receiver.url}/done?x` },
    { from: { organization: '910514318' } },
  ])
    expect(await call('bank', 'POST', '/v1/consents', { ...ask, ...change }, key)).toMatchObject({
      status: 422,
      body: { type: '/problems/idempotency-key-reused' },
    });
  expect(await countConsents(world)).toBe(1);
});

hubTest('another tenant’s key is another key', async (world) => {
  const { call, receiver } = world;
  const ask = given.ask(`${receiver.url}/done`);
  const key = { 'idempotency-key': 'loan-4711' };
  const bank = await call('bank', 'POST', '/v1/consents', ask, key);
  const insurer = await call('insurer', 'POST', '/v1/consents', { ...ask, reference: 'x' }, key);
  expect([bank.status, insurer.status]).toEqual([202, 202]);
  expect(insurer.body['id']).not.toBe(bank.body['id']);
});
