import { expect } from 'vitest';
import { given, persons } from '../support/given.ts';
import { hubTest } from '../support/hub-test.ts';

const number = persons.two;
const encoded = `%3${number[0]}${number.slice(1)}`;
const twice = `%253${number[0]}${number.slice(1)}`;

hubTest('a national number is refused wherever it would end up in a log, and ends up in none', async (world) => {
  const { call, receiver, webhook, logs, sandbox } = world;
  const done = `${receiver.url}/done`;
  const ask = given.ask(done);
  const create = (change: object, headers?: Record<string, string>) =>
    ['POST', '/v1/consents', { ...ask, ...change }, headers] as const;
  const tries = [
    ['GET', `/v1/consents/${number}`],
    ['GET', `/v1/consents/${encoded}`],
    ['GET', `/v1/consents/${twice}`],
    ['POST', `/v1/consents/${number}/withdraw`],
    ['GET', `/v1/consents?reference=${number}`],
    ['GET', `/v1/consents?reference=${encoded}`],
    ['GET', `/v1/consents?${number}=1`],
    ['GET', `/v1/events?cursor=${number}`],
    ['GET', `/v1/${number}/elsewhere`],
    ['GET', `/v1/webhook-endpoints/${webhook.id}/deliveries?cursor=${number}`],
    create({ reference: number }),
    create({ reference: `loan-${number}` }),
    create({ redirectUrl: `${done}?pnr=${number}` }),
    create({ redirectUrl: `${done}?pnr=${encoded}` }),
    create({}, { 'idempotency-key': number }),
    create({}, { 'idempotency-key': `"loan ${number}"`.replace(' ', '-') }),
  ] as const;
  for (const [method, path, body, headers] of tries) {
    const told = await call('bank', method, path, body, headers);
    const text = JSON.stringify([told.body, [...told.headers]]);
    expect([method, path, told.status, told.body['type']]).toEqual([
      method,
      path,
      path.includes('elsewhere') ? 404 : 422,
      path.includes('elsewhere') ? '/problems/not-found' : '/problems/national-id-not-allowed',
    ]);
    expect(text).not.toContain(number);
    if (!path.includes('elsewhere')) expect(told.body['errors']).toMatchObject([{ field: expect.any(String) }]);
  }
  expect((await call('bank', 'GET', '/v1/consents')).body['items']).toEqual([]);
  expect(await sandbox.consents()).toEqual([]);
  expect(logs.length).toBeGreaterThan(tries.length);
  expect(logs.filter((line) => line.includes(number) || line.includes(encoded))).toEqual([]);
});

hubTest('where it belongs it is taken, and shown with its mask', async (world) => {
  const { call, receiver } = world;
  const ask = given.ask(`${receiver.url}/done`, { from: { person: number }, requiredDelegator: { person: number } });
  const asked = await call('bank', 'POST', '/v1/consents', ask);
  expect(asked).toMatchObject({ status: 202, body: { from: { person: `${number.slice(0, 6)}*****` } } });
  expect(JSON.stringify(asked.body)).not.toContain(number);
  const found = await call('bank', 'POST', '/v1/consents/search', { person: number });
  expect(found.body['items']).toMatchObject([{ id: asked.body['id'] }]);
  expect(JSON.stringify(found.body)).not.toContain(number);
});
