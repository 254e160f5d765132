import { Redis } from 'ioredis';
import { expect } from 'vitest';
import { given } from '../support/given.ts';
import { until } from '../support/until.ts';
import { lastingTest } from './lasting-world.ts';

const ready = async (url: string) => (await fetch(`${url}/readyz`)).status;

lastingTest('with the database gone the hub says so, and goes on when it is back', async (world, { database }) => {
  const { sandbox, receiver, call, url } = world;
  await sandbox.fault('create', { kind: 'status', status: 503 });
  const before = await world.ask();
  expect(await ready(url())).toBe(200);
  await database.shut();
  const ask = given.ask(`${receiver.url}/done`);
  for (const asked of [await call('POST', '/v1/consents', ask), await call('GET', `/v1/consents/${before}`)]) {
    expect(asked).toMatchObject({ status: 503, body: { type: '/problems/database-unavailable' } });
    expect(Number(asked.headers.get('retry-after'))).toBeGreaterThan(0);
  }
  await until('the hub to say so', async () => (await ready(url())) === 503);
  expect((await fetch(`${url()}/healthz`)).status).toBe(200);
  await database.open();
  const after = await until('the hub to take requests', async () => {
    const asked = await call('POST', '/v1/consents', ask, { prefer: 'wait=5' });
    return asked.status < 300 && String(asked.body['id']);
  });
  await until('the hub to be ready', async () => (await ready(url())) === 200);
  for (const id of [before, after]) {
    await world.becomes(id, 'pending');
    await receiver.got('consent.requested', id);
  }
  expect(await sandbox.consents()).toHaveLength(2);
});

lastingTest('with Redis gone or emptied the hub takes what it is asked, and loses none of it', async (world, gates) => {
  const { sandbox, receiver, url } = world;
  const { redis } = gates;
  await sandbox.fault('create', { kind: 'hold', when: 'after', name: 'under-way' });
  const underWay = await world.ask();
  await sandbox.parked('under-way');
  if (redis) {
    await redis.shut();
    await until('the hub to notice', async () => (await ready(url())) === 503);
  }
  const meanwhile = await Promise.all([1, 2, 3].map(() => world.ask()));
  for (const id of meanwhile)
    expect((await world.call('GET', `/v1/consents/${id}`)).body).toMatchObject({ id, status: expect.any(String) });
  if (redis) {
    const inside = new Redis(redis.realUrl);
    await inside.flushall();
    inside.disconnect();
    await redis.open();
  }
  await sandbox.release('under-way');
  for (const id of [underWay, ...meanwhile]) {
    await world.becomes(id, 'pending');
    await receiver.got('consent.requested', id);
  }
  expect(await sandbox.consents()).toHaveLength(4);
  await until('the hub to be ready', async () => (await ready(url())) === 200);
});

lastingTest('emptying Redis again and again in the middle of the work loses nothing', async (world, { redis }) => {
  const inside = redis && new Redis(redis.realUrl);
  const ids: string[] = [];
  for (let round = 0; round < 5; round += 1) {
    ids.push(...(await Promise.all(Array.from({ length: 8 }, () => world.ask()))));
    await inside?.flushall();
  }
  inside?.disconnect();
  for (const id of ids) {
    await world.becomes(id, 'pending');
    await world.receiver.got('consent.requested', id);
  }
  expect(await world.sandbox.consents()).toHaveLength(ids.length);
  const { items } = (await world.call('GET', '/v1/events?limit=200')).body as { items: { sequence: number }[] };
  expect(items.map(({ sequence }) => sequence)).toEqual(ids.map((_, index) => index + 1));
});
