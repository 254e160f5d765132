import { expect } from 'vitest';
import { hubTest } from '../support/hub-test.ts';
import { rowsOf } from './rows.ts';

hubTest(
  'a tenant has twenty webhook endpoints at most, also when it makes them all at once',
  async ({ call, receiver }) => {
    const add = (who: 'bank' | 'insurer', number: number) =>
      call(who, 'POST', '/v1/webhook-endpoints', { url: `${receiver.url}/${number}` });
    // The bank has one already.
    const answers = await Promise.all(Array.from({ length: 25 }, (_, number) => add('bank', number)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(19);
    for (const refused of answers.filter(({ status }) => status !== 201))
      expect(refused).toMatchObject({ status: 409, body: { type: '/problems/too-many-webhook-endpoints' } });
    expect((await add('insurer', 1)).status).toBe(201);
  },
);

hubTest('an address is an endpoint of a tenant once, however it is written', async ({ call, receiver, webhook }) => {
  const add = (url: string, who: 'bank' | 'insurer' = 'bank') => call(who, 'POST', '/v1/webhook-endpoints', { url });
  const taken = { status: 409, body: { type: '/problems/webhook-url-taken' } };
  const known = `${receiver.url}/webhooks`;
  expect(await add(known)).toMatchObject(taken);
  expect(await add(known.replace('http://localhost', 'HTTP://LocalHost'))).toMatchObject(taken);
  const both = await Promise.all([add(`${known}/new`), add(`${known}/new`)]);
  expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
  const made = both.find(({ status }) => status === 201);
  const change = (body: object) => call('bank', 'PATCH', `/v1/webhook-endpoints/${made?.body['id']}`, body);
  expect(await change({ url: known })).toMatchObject(taken);
  expect((await change({ url: `${known}/new`, description: 'as it was' })).status).toBe(200);
  // What another tenant has is nobody's business.
  expect((await add(known, 'insurer')).status).toBe(201);
  expect((await call('bank', 'DELETE', `/v1/webhook-endpoints/${webhook.id}`)).status).toBe(204);
  expect((await change({ url: known })).status).toBe(200);
});

hubTest('pings and retries by hand are sixty a minute', async (world) => {
  const { call, banks, webhook, sandbox } = world;
  const { body } = await call('bank', 'POST', `/v1/webhook-endpoints/${webhook.id}/test`);
  const ping = await world.receiver.got('ping');
  expect(ping.event.id).toBe(body['eventId']);
  const { body: page } = await call('bank', 'GET', `/v1/webhook-endpoints/${webhook.id}/deliveries`);
  const delivery = (page['items'] as { id: string }[])[0]?.id;
  const soFar = (action: string, many: number) =>
    rowsOf(
      world,
      `insert into audit (id, at, tenant_id, actor_kind, actor_id, actor_name, action, target, details)
       select gen_random_uuid(), now(), $1, 'api-key', 'x', 'x', $2, 'x', '{}' from generate_series(1, $3::int)`,
      [banks.bank.id, action, many],
    );
  await soFar('webhook-endpoint.tested', 54);
  const test = () => call('bank', 'POST', `/v1/webhook-endpoints/${webhook.id}/test`);
  const answers = await Promise.all(Array.from({ length: 10 }, test));
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(5);
  const refused = answers.find(({ status }) => status !== 202);
  expect(refused).toMatchObject({ status: 429, body: { type: '/problems/too-many-requests' } });
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(Number(refused?.headers.get('retry-after'))).toBeLessThanOrEqual(60);

  const retry = () => call('bank', 'POST', `/v1/deliveries/${delivery}/retry`);
  expect((await retry()).status).toBeLessThan(300);
  await soFar('delivery.retried', 59);
  expect((await retry()).status).toBe(429);
  await sandbox.advance(61_000);
  expect((await retry()).status).toBeLessThan(300);
  expect((await test()).status).toBe(202);
});
