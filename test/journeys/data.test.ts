import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { persons } from '../support/given.ts';
import { hubTest, type TenantName, type World } from '../support/hub-test.ts';
import { openSource } from '../support/source.ts';
import { until } from '../support/until.ts';
import { minute } from './in-time.ts';

type Got = { status: number; headers: Record<string, unknown>; text: string };

/** As it stands, without what `fetch` tidies up in an address. */
const get = (
  { url, banks }: World,
  path: string,
  {
    who = 'bank',
    headers = {},
    method = 'GET',
    body,
  }: {
    who?: TenantName;
    headers?: Record<string, string>;
    method?: string;
    body?: string;
  } = {},
): Promise<Got> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const asked = request(
      { hostname, port, path, method, headers: { authorization: `Bearer ${banks[who].key}`, ...headers } },
      async (response) => {
        const { statusCode: status = 0, headers: told } = response;
        text(response).then((said) => resolve({ status, headers: told, text: said }), reject);
      },
    );
    asked.once('error', reject).end(body);
  });

const problemOf = ({ status, text: said }: Got) => ({ status, type: JSON.parse(said).type.replace('/problems/', '') });

const accepted = async (world: World, change: Record<string, unknown> = {}): Promise<string> => {
  const { id, approvalUrl } = await world.ask('bank', change);
  await world.answer(approvalUrl, 'accept');
  await world.becomes('bank', id, 'accepted');
  return id;
};

/** The bank's service, from now on at a source of the test's own. */
const moveTo = (world: World, dataUrl: string, change: Record<string, unknown> = {}) =>
  world.call('operator', 'PATCH', '/operator/v1/services/ske-inntekt', {
    dataUrl,
    dataPaths: ['GET /{path}', 'POST /{path}', 'GET /{path}/{from}'],
    ...change,
  });

hubTest('data come by way of the hub for as long as the consent lives, and no longer', async (world) => {
  const { call, sandbox, receiver, logs, metricsUrl } = world;
  const { id, approvalUrl } = await world.ask('bank');
  const path = `/v1/consents/${id}/data/inntekt/%7Bfrom%7D`;
  expect(problemOf(await get(world, path))).toEqual({ status: 409, type: 'consent-not-accepted' });
  await world.answer(approvalUrl, 'accept');
  await world.becomes('bank', id, 'accepted');

  const json = await get(world, `${path}?fraOgMed=2025-01&tilOgMed=2025-03`, {
    headers: { accept: 'application/json' },
  });
  expect(json).toMatchObject({
    status: 200,
    headers: {
      'hub-service': 'ske-inntekt',
      'content-type': expect.stringContaining('application/json'),
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining('sandbox'),
      'cache-control': 'no-store',
    },
  });
  expect(JSON.parse(json.text)).toMatchObject({ id: persons.one, fraOgMed: '2025-01', tilOgMed: '2025-03' });
  const xml = await get(world, path, { headers: { accept: 'application/xml' } });
  expect(xml.headers['content-type']).toContain('xml');
  expect(xml.text).toMatch(/^<\?xml .*<inntektsmottaker>/);
  const posted = { method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json' } };
  expect((await get(world, path, posted)).status).toBe(200);
  expect(
    JSON.parse((await get(world, `/v1/consents/${id}/data/store-svar/{from}?bytes=300000`)).text).fyll,
  ).toHaveLength(300_000);
  // Outside the consented period its data source says no, in its own words.
  const outside = await get(world, `${path}?fraOgMed=2020-01&tilOgMed=2020-02`);
  expect(outside).toMatchObject({ status: 403, headers: { 'hub-service': 'ske-inntekt' } });
  expect(outside.text).toContain('consent-not-covering');

  // Somebody else's consent is not there; a number in the address is refused before anything else.
  expect(problemOf(await get(world, path, { who: 'insurer' }))).toEqual({ status: 404, type: 'consent-not-found' });
  expect(problemOf(await get(world, `/v1/consents/${id}/data/inntekt/${persons.one}`))).toEqual({
    status: 422,
    type: 'national-id-not-allowed',
  });
  expect(problemOf(await get(world, `${path}?fnr=${persons.one}`))).toMatchObject({ type: 'national-id-not-allowed' });
  expect((await get(world, path, { method: 'HEAD' })).status).toBe(405);

  await sandbox.person(id, 'revoke');
  await sandbox.advance(5 * minute);
  const after = await get(world, path);
  expect(after.status).toBe(409);
  expect(['consent-not-usable', 'consent-not-accepted']).toContain(problemOf(after).type);
  await receiver.got('consent.revoked', id);
  expect(problemOf(await get(world, path))).toEqual({ status: 409, type: 'consent-not-accepted' });

  const { items } = (await call('operator', 'GET', '/operator/v1/audit?limit=200')).body as { items: object[] };
  expect(items).toContainEqual(
    expect.objectContaining({
      action: 'consent.data-read',
      target: id,
      actor: expect.objectContaining({ kind: 'api-key' }),
    }),
  );
  const metrics = await (await fetch(metricsUrl)).text();
  expect(metrics).toMatch(/hub_data_calls_total\{outcome="ok"[^}]*\} 4/);
  expect(metrics).toMatch(/hub_data_calls_total\{outcome="denied"[^}]*\} 1/);
  for (const written of [metrics, ...logs, JSON.stringify(items)]) expect(written).not.toContain(persons.one);
});

hubTest('where a data source says no, the consent is read at once, and what became of it is told', async (world) => {
  const { sandbox, receiver } = world;
  const id = await accepted(world);
  let status = 200;
  const source = await openSource((_, response) => response.writeHead(status).end(status === 200 ? 'yes' : 'no'));
  try {
    await moveTo(world, source.url);
    const read = () => get(world, `/v1/consents/${id}/data/a/%7Bfrom%7D`);
    expect(await read()).toMatchObject({ status: 200, text: 'yes' });
    await sandbox.person(id, 'revoke');
    await sandbox.advance(6000);
    status = 403;
    // Its token is good for a while yet.
    expect(await read()).toMatchObject({ status: 403, text: 'no' });
    const asked = { url: `/a/${persons.one}`, headers: { authorization: expect.stringMatching(/^Bearer eyJ/) } };
    expect(source.asked).toMatchObject([asked, asked]);
    await receiver.got('consent.revoked', id);
    expect(problemOf(await get(world, `/v1/consents/${id}/data/a`))).toMatchObject({ type: 'consent-not-accepted' });
  } finally {
    await source.close();
  }
});

hubTest('withdrawn is withdrawn: the next call for data is refused', async (world) => {
  const id = await accepted(world);
  const path = `/v1/consents/${id}/data/inntekt/{from}`;
  expect((await get(world, path)).status).toBe(200);
  expect((await world.call('bank', 'POST', `/v1/consents/${id}/withdraw`)).status).toBe(200);
  expect(problemOf(await get(world, path))).toEqual({ status: 409, type: 'consent-not-accepted' });
});

hubTest('each right leads to its own data source, and one may be named', async (world) => {
  const id = await accepted(world, {
    rights: [
      { service: 'ske-inntekt', metadata: { fraogmed: '2025-01', tilogmed: '2025-03' } },
      { service: 'ske-skattegrunnlag', metadata: { inntektsaar: '2024' } },
    ],
  });
  const read = (path: string, service?: string) =>
    get(world, `/v1/consents/${id}/data/${path}`, service === undefined ? {} : { headers: { 'hub-service': service } });
  expect(await read('inntekt/{from}')).toMatchObject({ status: 200, headers: { 'hub-service': 'ske-inntekt' } });
  const basis = await read('summertskattegrunnlag/{from}');
  expect(basis).toMatchObject({ status: 200, headers: { 'hub-service': 'ske-skattegrunnlag' } });
  expect((await read('inntekt/{from}', 'ske-inntekt')).status).toBe(200);
  expect(problemOf(await read('inntekt/{from}', 'ske-skattegrunnlag'))).toMatchObject({
    type: 'data-path-not-allowed',
  });
  expect(problemOf(await read('inntekt/{from}', 'lan'))).toEqual({ status: 422, type: 'request-invalid' });
  expect(problemOf(await read('inntekt'))).toEqual({ status: 403, type: 'data-path-not-allowed' });
  for (const path of ['..', 'inntekt/..%2f..', 'inntekt/%252e%252e', 'inntekt%5c{from}', 'inntekt//{from}', '%00'])
    expect(problemOf(await read(path)), path).toEqual({ status: 400, type: 'data-path-invalid' });
});

hubTest('headers pass by the lists alone, whatever a data source or an app would like', async (world) => {
  const packed = gzipSync('<a>å</a>');
  const source = await openSource((_, response) =>
    response
      .writeHead(200, {
        'content-type': 'text/html',
        'content-encoding': 'gzip',
        'content-security-policy': 'default-src *',
        'access-control-allow-origin': '*',
        'set-cookie': 'a=b',
        location: 'https://elsewhere.example',
        etag: '"1"',
        'x-powered-by': 'luck',
      })
      .end(packed),
  );
  try {
    const id = await accepted(world);
    await moveTo(world, source.url, {
      dataRequestHeaders: ['accept', 'x-trace'],
      dataResponseHeaders: ['content-type', 'content-encoding', 'etag'],
    });
    const { headers } = await get(world, `/v1/consents/${id}/data/a`, {
      headers: {
        accept: '*/*',
        'x-trace': 't',
        cookie: 'c=d',
        'x-forwarded-for': '1.2.3.4',
        altinnsamtykke: 'mine',
        'x-other': 'o',
      },
    });
    expect(source.asked[0]?.headers).toEqual({
      host: new URL(source.url).host,
      connection: 'keep-alive',
      'user-agent': 'samtykkehub',
      accept: '*/*',
      'x-trace': 't',
      authorization: expect.stringMatching(/^Bearer eyJ/),
    });
    expect(headers).toMatchObject({ 'content-type': 'text/html', 'content-encoding': 'gzip', etag: '"1"' });
    for (const name of ['set-cookie', 'location', 'access-control-allow-origin', 'x-powered-by'])
      expect(headers, name).not.toHaveProperty(name);
    expect(headers['content-security-policy']).toBe("default-src 'none'; frame-ancestors 'none'; sandbox");
    for (const dataRequestHeaders of [['cookie'], ['Accept'], ['x-forwarded-for']])
      expect(await moveTo(world, source.url, { dataRequestHeaders })).toMatchObject({ status: 422 });
  } finally {
    await source.close();
  }
});

hubTest('a data source that misbehaves is told as a problem, or its answer is broken off', async (world) => {
  const source = await openSource((request, response) => {
    if (request.url === '/moved') response.writeHead(302, { location: 'https://elsewhere.example' }).end();
    else if (request.url === '/huge') response.writeHead(200, { 'content-length': '2000' }).end('x'.repeat(2000));
    else if (request.url === '/growing') {
      response.write('x'.repeat(900));
      response.end('x'.repeat(900));
    } else if (request.url === '/breaks') response.destroy();
    else if (request.url === '/echo') request.pipe(response);
    // Anything else is never answered.
  });
  try {
    const id = await accepted(world);
    await moveTo(world, source.url, { dataMaxBytes: 1000 });
    const read = (path: string, more = {}) => get(world, `/v1/consents/${id}/data/${path}`, more);
    expect(problemOf(await read('moved'))).toEqual({ status: 502, type: 'data-source-redirected' });
    expect(problemOf(await read('huge'))).toEqual({ status: 502, type: 'data-answer-too-large' });
    await expect(read('growing')).rejects.toThrow();
    expect(problemOf(await read('breaks'))).toEqual({ status: 502, type: 'data-source-unavailable' });
    await moveTo(world, source.url, { dataTimeoutSeconds: 1 });
    expect(problemOf(await read('silent'))).toEqual({ status: 504, type: 'data-source-timeout' });
    await moveTo(world, source.url, { dataTimeoutSeconds: 60 });
    const post = (bytes: number) => read('echo', { method: 'POST', body: 'x'.repeat(bytes) });
    expect(await post(1000)).toMatchObject({ status: 200, text: 'x'.repeat(1000) });
    expect(problemOf(await post(1001))).toEqual({ status: 413, type: 'data-too-large' });
    // Somebody who hangs up in the middle of what it sends is nobody to tell of a problem.
    const lines = () => world.logs.filter((line) => line.includes('"ended":"left"')).length;
    const { port } = new URL(world.url);
    const half = connect(Number(port), '127.0.0.1');
    const head = `POST /v1/consents/${id}/data/echo HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${world.banks.bank.key}`;
    half.write(`${head}\r\ncontent-length: 900\r\n\r\n${'x'.repeat(100)}`);
    await until('the half to be there', () => source.asked.some(({ headers }) => headers['content-length'] === '900'));
    half.destroy();
    await until('its line', () => lines() === 1);
    await moveTo(world, source.url, { dataPaths: [] });
    expect(problemOf(await read('echo'))).toEqual({ status: 403, type: 'data-path-not-allowed' });
    await until('it to be in the log', () => world.logs.some((line) => line.includes('data broke off on the way')));
  } finally {
    await source.close();
  }
});

hubTest(
  'one tenant’s slow source takes its own places, and no more',
  async (world) => {
    const source = await openSource(() => {});
    try {
      const id = await accepted(world);
      await moveTo(world, source.url);
      const slow = [1, 2].map(() => get(world, `/v1/consents/${id}/data/a`).catch(() => undefined));
      await until('both to wait', () => source.asked.length === 2);
      const third = await get(world, `/v1/consents/${id}/data/a`);
      expect(problemOf(third)).toEqual({ status: 429, type: 'too-much-data' });
      expect(third.headers['retry-after']).toBe('1');
      await source.close();
      await Promise.all(slow);
    } finally {
      await source.close();
    }
  },
  { HUB_DATA_CALLS_PER_TENANT: '2' },
);
