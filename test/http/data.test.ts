import { connect, type Socket } from 'node:net';
import { expect } from 'vitest';
import { Problem } from '../../src/domain/problem.ts';
import type { DataAsk, DataReply } from '../../src/usecases/data-port.ts';
import type { UseCases } from '../../src/usecases/use-cases.ts';
import { until } from '../support/until.ts';
import { id } from './given.ts';
import { type Hub, httpTest } from './http-test.ts';
import { bootstrapKey, storedTest } from './stored-hub.ts';

type Pass = UseCases['passData'];
const path = `/v1/consents/${id}/data`;

const lineOf = (hub: Hub) =>
  until('its line', () => hub.lines.map((text) => JSON.parse(text)).find(({ msg }) => msg === 'request'));

const raw = (hub: Hub, text: string): Socket => {
  const socket = connect(Number(new URL(hub.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(text);
  return socket;
};

httpTest('what is asked goes on as it was written, but for the hub’s own part of the address', async ({ open }) => {
  const asked: { id: string; ask: Omit<DataAsk, 'body'>; body: string }[] = [];
  const passData: Pass = async (_by, consentId, { body, ...ask }, reply) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body?.bytes ?? []) chunks.push(chunk);
    asked.push({ id: consentId, ask, body: Buffer.concat(chunks).toString() });
    reply.begin(202, ['content-type', 'text/plain', 'content-length', '2']);
    reply.write(Buffer.from('ok'));
    reply.end();
    return { ended: 'whole', status: 202, sentBytes: 0, readBytes: 2 };
  };
  const hub = await open({ passData });
  const told = await hub.call('POST', `${path}/a%20b/%7Bfrom%7D?x=1&x=%20`, {
    key: 'tenant',
    raw: 'some words',
    headers: { 'content-type': 'text/plain', 'hub-service': 'ske-inntekt' },
  });
  expect(told).toMatchObject({ status: 202, text: 'ok' });
  expect(told.headers.get('content-length')).toBe('2');
  expect(told.headers.get('x-request-id')).toBeTruthy();
  expect(asked).toMatchObject([
    {
      id,
      ask: { method: 'POST', path: 'a%20b/%7Bfrom%7D', query: 'x=1&x=%20', service: 'ske-inntekt' },
      body: 'some words',
    },
  ]);
  expect(await lineOf(hub)).toMatchObject({
    route: '/v1/consents/:id/data/*path',
    status: 202,
    ended: 'whole',
    tenantId: expect.any(String),
  });
});

httpTest('a problem before the answer is told as any other, and other methods are refused', async ({ open }) => {
  const passData: Pass = async () => {
    throw new Problem('data-source-timeout', 'silent');
  };
  const hub = await open({ passData });
  expect(await hub.call('GET', `${path}/a`, { key: 'tenant' })).toMatchObject({
    status: 504,
    body: { type: '/problems/data-source-timeout' },
  });
  for (const method of ['HEAD', 'PUT', 'DELETE', 'PATCH'])
    expect(await hub.call(method, `${path}/a`, { key: 'tenant' }), method).toMatchObject({ status: 405 });
  expect(await hub.call('GET', `${path}/`, { key: 'tenant' })).toMatchObject({ status: 404 });
  expect(await hub.call('GET', '/v1/consents/none/data/a', { key: 'tenant' })).toMatchObject({
    status: 404,
    body: { type: '/problems/consent-not-found' },
  });
});

/** Writes for as long as it is taken, and then whenever it is drained, until the caller has left. */
const endless = () => {
  const told = { written: 0, left: false };
  const more = (reply: DataReply) => {
    do told.written += 65_536;
    while (reply.write(Buffer.alloc(65_536)));
  };
  const passData: Pass = (_by, _id, _ask, reply) =>
    new Promise((resolve) => {
      reply.onDrained(() => more(reply));
      reply.onLeft(() => {
        told.left = true;
        resolve({ ended: 'left', status: 200, sentBytes: 0, readBytes: told.written });
      });
      reply.begin(200, ['content-type', 'text/plain']);
      more(reply);
    });
  return { told, passData };
};

httpTest('a caller who takes nothing holds the source back; one who leaves ends the call', async ({ open }) => {
  const { told, passData } = endless();
  const hub = await open({ passData });
  const socket = raw(hub, `GET ${path}/a HTTP/1.1\r\nhost: x\r\nauthorization: Bearer tenant\r\n\r\n`);
  socket.pause();
  let before = -1;
  await until('it to be held back', () => {
    const isHeld = told.written === before && told.written > 0;
    before = told.written;
    return isHeld;
  });
  expect(told.written).toBeLessThan(20_000_000);
  let read = 0;
  socket.on('data', (chunk: Buffer) => {
    read += chunk.length;
  });
  socket.resume();
  await until('more to come', () => read > 30_000_000);
  socket.destroy();
  await until('it to be told', () => told.left);
  expect(await lineOf(hub)).toMatchObject({ status: 200, ended: 'left' });
});

httpTest('what breaks off is no whole answer', async ({ open }) => {
  const hub = await open({
    passData: async (_by, _id, _ask, reply) => {
      reply.begin(200, ['content-length', '100']);
      reply.write(Buffer.from('half'));
      reply.break();
      return { ended: 'cut', status: 200, why: 'ECONNRESET', sentBytes: 0, readBytes: 4 };
    },
  });
  await expect(hub.call('GET', `${path}/a`, { key: 'tenant' })).rejects.toThrow();
  expect(await lineOf(hub)).toMatchObject({ status: 200, ended: 'cut' });
});

storedTest('the catalogue says what passes: as usual, or as the operator says', async ({ openStored }) => {
  const hub = await openStored();
  const base = '/operator/v1/services';
  const service = { key: 'a', generation: 'altinn3', resource: 'r', dataScope: 'a:b', dataUrl: 'https://data.example' };
  const usual = {
    dataRequestHeaders: ['accept', 'accept-encoding', 'accept-language', 'content-encoding', 'content-type'],
    dataResponseHeaders: ['content-encoding', 'content-language', 'content-type', 'retry-after'],
    dataMaxBytes: 20_000_000,
    dataTimeoutSeconds: 60,
  };
  expect(await hub.call(bootstrapKey, 'POST', base, service)).toMatchObject({ status: 201, body: usual });
  expect((await hub.call(bootstrapKey, 'GET', `${base}/a`)).body).toMatchObject(usual);
  const change = {
    dataPaths: ['GET /a/{from}'],
    dataRequestHeaders: ['accept'],
    dataResponseHeaders: [],
    dataMaxBytes: 1,
    dataTimeoutSeconds: 600,
  };
  expect((await hub.call(bootstrapKey, 'PATCH', `${base}/a`, change)).body).toMatchObject(change);
  expect((await hub.call(bootstrapKey, 'GET', `${base}/a`)).body).toMatchObject(change);
  const wrong: [object, string][] = [
    [{ dataPaths: ['GET a'] }, '/dataPaths/0'],
    [{ dataPaths: ['GET /a/../b'] }, '/dataPaths/0'],
    [{ dataRequestHeaders: ['accept', 'authorization'] }, '/dataRequestHeaders/1'],
    [{ dataResponseHeaders: ['set-cookie'] }, '/dataResponseHeaders/0'],
    [{ dataMaxBytes: 0 }, '/dataMaxBytes'],
    [{ dataTimeoutSeconds: 601 }, '/dataTimeoutSeconds'],
  ];
  for (const [wrongly, field] of wrong)
    expect(await hub.call(bootstrapKey, 'PATCH', `${base}/a`, wrongly), field).toMatchObject({
      status: 422,
      body: { errors: [{ field }] },
    });
});
