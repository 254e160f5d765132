import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { Gauge, Registry } from 'prom-client';
import { expect } from 'vitest';
import { Problem } from '../../src/domain/problem.ts';
import { until } from '../support/until.ts';
import { ask, consent, id } from './given.ts';
import { httpTest, openHub } from './http-test.ts';

const post = (more: object) => ({ key: 'tenant', ...more });

httpTest.for([
  ['broken JSON', post({ raw: '{"from":' }), 400, 'not-json'],
  ['an empty body', post({ headers: { 'content-type': 'application/json' } }), 400, 'not-json'],
  ['two JSON values', post({ raw: '{}{}' }), 400, 'not-json'],
  [
    'another content type',
    post({ raw: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
    415,
    'content-type-unsupported',
  ],
  [
    'another charset',
    post({ raw: '{}', headers: { 'content-type': 'application/json; charset=latin1' } }),
    415,
    'content-type-unsupported',
  ],
  ['a compressed body', post({ raw: '{}', headers: { 'content-encoding': 'gzip' } }), 415, 'content-type-unsupported'],
  [
    'a body beyond 64 kB',
    post({ raw: JSON.stringify({ ...ask, reference: 'x'.repeat(70_000) }) }),
    413,
    'body-too-large',
  ],
] as const)('%s is refused', async ([, sent, status, code], { open }) => {
  const hub = await open();
  const told = await hub.call('POST', '/v1/consents', sent);
  expect(told).toMatchObject({ status, body: { type: `/problems/${code}`, status } });
});

httpTest('an unknown address is 404, a method it does not take 405 with what it takes', async ({ open }) => {
  const hub = await open();
  expect(await hub.call('GET', '/v2/consents')).toMatchObject({ status: 404, body: { type: '/problems/not-found' } });

  expect(await hub.call('GET', '/v1/consents/%zz', { key: 'tenant' })).toMatchObject({ status: 404 });
  const wrong = await hub.call('DELETE', '/v1/consents', { key: 'tenant' });
  expect(wrong).toMatchObject({ status: 405, body: { type: '/problems/method-not-allowed' } });
  expect(wrong.headers.get('allow')).toBe('GET, HEAD, POST');
  expect((await hub.call('GET', '/v1/consents/search', { key: 'tenant' })).headers.get('allow')).toBe('POST');
});

httpTest('HEAD is answered like GET, without the body', async ({ open }) => {
  const hub = await open();
  const head = await hub.call('HEAD', `/v1/consents/${id}`, { key: 'tenant' });
  expect(head).toMatchObject({ status: 200, text: '' });
});

httpTest('an id in another form is simply not there', async ({ open }) => {
  const hub = await open();
  const told = await hub.call('GET', '/v1/consents/4711', { key: 'tenant' });
  expect(told).toMatchObject({ status: 404, body: { type: '/problems/consent-not-found' } });
});

httpTest('every answer has a request id, is not kept, and opens nothing in a browser', async ({ open }) => {
  const hub = await open();
  const answers = [
    await hub.call('GET', '/v1/me', { key: 'tenant' }),
    await hub.call('GET', '/v1/me'),
    await hub.call('GET', '/nowhere'),
    await hub.call('GET', '/problems', { headers: { accept: 'text/html' } }),
  ];
  for (const { headers } of answers) {
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  }
  expect(answers[1]?.body.instance).toBe(`urn:uuid:${answers[1]?.headers.get('x-request-id')}`);
});

httpTest('what nobody foresaw is told as internal, and logged with its cause alone', async ({ open }) => {
  const hub = await open({ readConsent: () => Promise.reject(new Error('wires crossed')) });
  const told = await hub.call('GET', `/v1/consents/${id}`, { key: 'tenant' });
  expect(told).toMatchObject({ status: 500, body: { type: '/problems/internal', mover: 'us' } });
  expect(told.text).not.toContain('wires');
  expect(hub.lines.join('')).toContain('wires crossed');
});

httpTest('a reply that its schema does not allow never leaves', async ({ open }) => {
  const hub = await open({
    readToken: async () => ({ token: 'jwt', scope: 'a', expiresAt: new Date(0), more: 'secret' }) as never,
  });
  const told = await hub.call('POST', '/v1/tokens', { key: 'tenant', body: { scope: 'a' } });
  expect(told.body).toEqual({ token: 'jwt', scope: 'a', expiresAt: '1970-01-01T00:00:00.000Z' });
  const broken = await open({ readConsent: async () => ({ ...consent, version: '2' }) as never });
  expect(await broken.call('GET', `/v1/consents/${id}`, { key: 'tenant' })).toMatchObject({ status: 500 });
});

httpTest('a problem carries its link, trace and pause', async ({ open }) => {
  const hub = await open({
    readToken: () =>
      Promise.reject(
        new Problem('maskinporten-unavailable', 'no answer', {
          link: 'https://x.example',
          traceId: 't-1',
          retryAfterSeconds: 7,
        }),
      ),
    readConsentTokens: () => Promise.reject(new Problem('token-not-ready', 'soon')),
  });
  const told = await hub.call('POST', '/v1/tokens', { key: 'tenant', body: { scope: 'a' } });
  expect(told.body).toMatchObject({ status: 503, mover: 'time', link: 'https://x.example', traceId: 't-1' });
  expect(told.headers.get('retry-after')).toBe('7');
  const soon = await hub.call('POST', `/v1/consents/${id}/token`, { key: 'tenant' });
  expect(Number(soon.headers.get('retry-after'))).toBeGreaterThan(0);
});

httpTest('one line per request, with the route’s pattern and no key', async ({ open }) => {
  const hub = await open();
  await hub.call('GET', `/v1/consents/${id}?`, { key: 'tenant' });
  await hub.call('GET', '/v1/me', { key: 'a-key-that-does-not-fit' });
  const [first, second, ...rest] = hub.lines.map((line) => JSON.parse(line));
  expect(first).toMatchObject({ method: 'GET', route: '/v1/consents/:id', status: 200, msg: 'request' });
  expect(first).toHaveProperty('tenantId');
  expect(second).toMatchObject({ route: '/v1/me', status: 401 });
  expect(rest).toEqual([]);
  expect(hub.lines.join('')).not.toContain('a-key-that-does-not-fit');
});

httpTest('a caller that goes away mid-body disturbs nobody', async ({ open }) => {
  const hub = await open();
  const { hostname, port } = new URL(hub.url);
  const socket = connect(Number(port), hostname);
  const lines = [
    'POST /v1/consents HTTP/1.1',
    'host: x',
    'authorization: Bearer tenant',
    'content-type: application/json',
    'content-length: 100',
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n{"from"`, () => setTimeout(() => socket.destroy(), 50));
  await until('a line of it', () => hub.lines.join('').includes('"status":499'));
  expect(hub.lines.join('')).not.toContain('"level":"error"');
  expect(await hub.call('GET', '/v1/me', { key: 'tenant' })).toMatchObject({ status: 200 });
});

httpTest('closing lets a request under way end, and takes no more', async () => {
  let go = () => {};
  const waiting = new Promise<void>((resolve) => {
    go = resolve;
  });
  let isUnderWay = false;
  const readConsent = () => {
    isUnderWay = true;
    return waiting.then(() => consent);
  };
  const hub = await openHub({ readConsent });
  const under = hub.call('GET', `/v1/consents/${id}`, { key: 'tenant' });
  await until('it to be under way', () => isUnderWay);
  const closed = hub.close();
  await expect(fetch(hub.url)).rejects.toThrow();
  go();
  expect(await under).toMatchObject({ status: 200 });
  await closed;
});

httpTest('a port that is taken is said plainly', async ({ open }) => {
  const { url } = await open();
  await expect(openHub({}, { port: Number(new URL(url).port) })).rejects.toThrow(`${new URL(url).host} is taken`);
});

httpTest('metrics have a listener of their own, and no tenant in any label', async ({ open }) => {
  const hub = await open({}, { metrics: { port: 0, registry: new Registry() } });
  await hub.call('GET', `/v1/consents/${id}`, { key: 'tenant' });
  const text = await (await fetch(hub.metricsUrl ?? '')).text();
  expect(text).toContain('hub_http_requests_total{method="GET",route="/v1/consents/:id",status="200"} 1');
  expect(text).not.toContain(consent.tenantId);
  expect(await hub.call('GET', '/metrics')).toMatchObject({ status: 404 });
});

httpTest('metrics that cannot be told are an error in the log, and the process lives', async ({ open }) => {
  const registry = new Registry();
  new Gauge({
    name: 'broken',
    help: 'x',
    registers: [registry],
    collect: () => Promise.reject(new Error('no figures')),
  });
  const hub = await open({}, { metrics: { port: 0, registry } });
  const told = await fetch(hub.metricsUrl ?? '');
  expect([told.status, await told.text()]).toEqual([500, 'Something went wrong\n']);
  expect(hub.lines.join('')).toContain('no figures');
  expect(await hub.call('GET', '/healthz')).toMatchObject({ status: 200 });
});

httpTest('a body that comes again word for word is answered as the first time, good or bad', async ({ open }) => {
  const asked: object[] = [];
  const hub = await open({
    readToken: (_, ask) => {
      asked.push(ask);
      return { token: 'jwt', scope: ask.scope, expiresAt: new Date(0) };
    },
  });
  const ask = (raw: string) => hub.call('POST', '/v1/tokens', { key: 'tenant', raw });
  for (const scope of ['a:b', 'a:c', 'a:b'])
    expect(await ask(`{"scope":"${scope}"}`)).toMatchObject({ body: { scope } });
  expect(asked).toEqual([{ scope: 'a:b' }, { scope: 'a:c' }, { scope: 'a:b' }]);
  for (const _ of [1, 2]) expect(await ask('{"scope":1}')).toMatchObject({ status: 422 });
  for (const _ of [1, 2]) expect(await ask('{"scope":')).toMatchObject({ status: 400 });
  expect(asked).toHaveLength(3);
});

httpTest('a body that comes in pieces, after its head, is read whole', async ({ open }) => {
  const hub = await open();
  const { hostname, port } = new URL(hub.url);
  const body = '{"scope":"skatteetaten:inntekt"}';
  const socket = connect(Number(port), hostname).setNoDelay(true).setEncoding('utf8');
  let told = '';
  socket.on('data', (chunk) => {
    told += chunk;
  });
  await once(socket, 'connect');
  const head = [
    'POST /v1/tokens HTTP/1.1',
    'host: hub',
    'authorization: Bearer tenant',
    'content-type: application/json',
  ];
  for (const piece of [
    `${[...head, `content-length: ${body.length}`].join('\r\n')}\r\n\r\n`,
    body.slice(0, 9),
    body.slice(9),
  ]) {
    socket.write(piece);
    await setImmediate();
  }
  await until('the answer', () => told.includes('"token"'));
  expect(told).toMatch(/^HTTP\/1.1 200 /);
  socket.destroy();
});
