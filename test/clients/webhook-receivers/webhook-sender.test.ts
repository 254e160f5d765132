import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { describe, expect, onTestFinished, test } from 'vitest';
import { newSigner } from '../../../src/usecases/webhooks/secrets.ts';
import { certificateFor } from '../../sandbox/certificate.ts';
import { until } from '../../support/until.ts';
import { openServer } from '../neighbour.ts';
import { message, newSecret, openSender } from './given.ts';

const [secret = ''] = message.secrets;

/** A kept connection is free again a turn after its answer has ended. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a receiver', () => {
  test('verifies it with the public package, with either secret while one replaces the other', async () => {
    const got: {
      headers: Record<string, string>;
      body: string;
      method: string | undefined;
      url: string | undefined;
    }[] = [];
    const { url } = await openServer((request, response, body) => {
      got.push({ headers: request.headers as Record<string, string>, body, method: request.method, url: request.url });
      response.writeHead(204).end();
    });
    const other = newSecret();
    const result = await openSender().send(`${url}/hooks?a=1#b`, { secrets: [secret, other] });
    expect(result).toEqual({ status: 204, durationMs: expect.any(Number) });
    const [first] = got;
    if (!first) throw new Error('nothing came');
    const { headers, body, ...request } = first;
    expect(request).toEqual({ method: 'POST', url: '/hooks?a=1' });
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': 'evt_1' });
    expect(headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/);
    for (const one of [secret, other]) expect(new Webhook(one).verify(body, headers)).toEqual(JSON.parse(message.body));
    expect(() => new Webhook(newSecret()).verify(body, headers)).toThrow();
  });

  test('verifies Ed25519 with the public key, beside a shared secret while one replaces the other', async () => {
    const got: { headers: Record<string, string>; body: string }[] = [];
    const { url } = await openServer((request, response, body) => {
      got.push({ headers: request.headers as Record<string, string>, body });
      response.writeHead(204).end();
    });
    const { secret: privateHalf, publicKey = '' } = newSigner('v1a');
    await openSender().send(url, { secrets: [privateHalf, secret] });
    const [{ headers, body } = { headers: {} as Record<string, string>, body: '' }] = got;
    const [v1a = '', v1 = ''] = headers['webhook-signature']?.split(' ') ?? [];
    expect([v1a.slice(0, 4), v1.slice(0, 3)]).toEqual(['v1a,', 'v1,']);
    // As a receiver does it: nothing but the public key and what came.
    const key = createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey.slice(5), 'base64').toString('base64url') },
      format: 'jwk',
    });
    const signed = Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`);
    expect(publicKey).toMatch(/^whpk_/);
    expect(verify(null, signed, key, Buffer.from(v1a.slice(4), 'base64'))).toBe(true);
    expect(verify(null, Buffer.from(`${signed}x`), key, Buffer.from(v1a.slice(4), 'base64'))).toBe(false);
    // Who knows v1 alone finds theirs among the others.
    expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(message.body));
  });

  test('is heard to a kilobyte and no more, without numbers, tokens and NULs', async () => {
    const { url } = await openServer((request, response) => {
      if (request.url === '/short')
        return response.writeHead(500).end('sorry\0 25922947409 eyJhbGciOiJSUzI1NiJ9.e30.c2ln');
      response.writeHead(200);
      response.write(`${'x'.repeat(1015)}25922947409`);
      // It goes on for as long as anybody listens.
      const more = () => response.writable && response.write('y'.repeat(65_536), more);
      return more();
    });
    const { send } = openSender();
    expect(await send(`${url}/short`)).toMatchObject({ status: 500, answer: 'sorry 259229***** [token]' });
    expect(await send(`${url}/long`)).toMatchObject({ status: 200, answer: 'x'.repeat(1015) });
  });

  test('that lets one tenant’s calls hang takes another’s at once', async () => {
    const hanging: (() => void)[] = [];
    let hangs = true;
    const { url } = await openServer((request, response) => {
      const answer = () => void response.writeHead(204).end();
      if (hangs && request.url === '/slow') hanging.push(answer);
      else answer();
    });
    const { send } = openSender({ timeoutMs: 30_000 });
    const slow = Array.from({ length: 20 }, () => send(`${url}/slow`));
    expect(await send(`${url}/quick`, { tenantId: 'insurer' })).toMatchObject({ status: 204 });
    hangs = false;
    for (const answer of hanging) answer();
    for (const result of await Promise.all(slow)) expect(result).toMatchObject({ status: 204 });
  });

  test('that lets all calls hang is not sent what was given up meanwhile, at its own time; others go on', async () => {
    const connections = 24;
    const paths: (string | undefined)[] = [];
    const hanging: (() => void)[] = [];
    let hangs = true;
    const { url } = await openServer((request, response) => {
      paths.push(request.url);
      const answer = () => void response.writeHead(204).end();
      if (hangs && request.url === '/slow') hanging.push(answer);
      else answer();
    });
    const { send, sender } = openSender({ timeoutMs: 30_000 });
    const slow = Array.from({ length: connections }, () => send(`${url}/slow`));
    await until('all connections to be taken', () => hanging.length === connections);
    const late = send(`${url}/late`);
    const given = await sender.send({ ...message, url: `${url}/given-up` }, AbortSignal.timeout(100));
    expect(given).toMatchObject({ error: 'timeout' });
    expect(given.durationMs).toBeGreaterThanOrEqual(90);
    expect(given.durationMs).toBeLessThan(5000);
    expect(hanging).toHaveLength(connections);
    expect(await send(`${url}/other`, { tenantId: 'insurer' })).toMatchObject({ status: 204 });
    hangs = false;
    for (const answer of hanging) answer();
    for (const result of await Promise.all([...slow, late, send(`${url}/last`)]))
      expect(result).toMatchObject({ status: 204 });
    expect(paths.filter((path) => path !== '/slow').sort()).toEqual(['/last', '/late', '/other']);
  });

  test('that has answered has answered, even if its body never ends', async () => {
    const { url } = await openServer((_request, response) => void response.writeHead(200).write('well'));
    expect(await openSender({ timeoutMs: 1000 }).send(url)).toMatchObject({ status: 200, answer: 'well' });
  });

  test('tells when to come back, in seconds or as a date', async () => {
    const later = new Date(message.timestamp.getTime() + 90_000).toUTCString();
    const { url } = await openServer((request, response) =>
      response.writeHead(503, { 'retry-after': request.url === '/date' ? later : '120' }).end(),
    );
    const { send } = openSender();
    expect(await send(`${url}/seconds`)).toMatchObject({ status: 503, retryAfterSeconds: 120 });
    const { retryAfterSeconds = 0 } = await send(`${url}/date`);
    expect(Math.abs(retryAfterSeconds - 90)).toBeLessThanOrEqual(1);
  });

  test('that sends us elsewhere is not followed', async () => {
    const paths: (string | undefined)[] = [];
    const { url } = await openServer((request, response) => {
      paths.push(request.url);
      response.writeHead(307, { location: '/other' }).end();
    });
    expect(await openSender().send(`${url}/one`)).toMatchObject({ status: 307, error: 'redirect' });
    expect(paths).toEqual(['/one']);
  });

  test('that says nothing is left after the time limit, and when we are told to stop', async () => {
    const { url } = await openServer(() => undefined);
    expect(await openSender({ timeoutMs: 50 }).send(url)).toMatchObject({ error: 'timeout' });
    const { sender } = openSender();
    expect(await sender.send({ ...message, url }, AbortSignal.abort())).toMatchObject({ error: 'timeout' });
  });

  test('that hangs up or is not there is told as such', async () => {
    const { url } = await openServer((request) => request.socket.destroy());
    expect(await openSender().send(url)).toMatchObject({ error: 'connection' });
    expect(await openSender().send('http://127.0.0.1:1/')).toMatchObject({ error: 'connection' });
  });

  test('is sent to over one connection as long as it keeps it', async () => {
    const ports = new Set<number | undefined>();
    const { url } = await openServer((request, response) => {
      ports.add(request.socket.remotePort);
      response.end('ok');
    });
    const { send } = openSender();
    for (let n = 0; n < 5; n++) {
      await send(url);
      await turn();
    }
    expect(ports.size).toBe(1);
  });

  test('with a certificate nobody vouches for gets nothing', async () => {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const body = certificateFor('310149942', pair, { from: '2026-01-01', to: '2029-01-01' });
    const cert = `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
    let requests = 0;
    const server = createServer(
      { key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }), cert },
      () => requests++,
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    expect(await openSender().send(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`)).toMatchObject({
      error: 'tls',
    });
    expect(requests).toBe(0);
  });
});

describe('the way out', () => {
  test.each<[string, string[]]>([
    ['loopback', ['127.0.0.1']],
    ['the metadata service', ['169.254.169.254']],
    ['the metadata service over IPv6', ['fd00:ec2::254']],
    ['a mapped address', ['::ffff:127.0.0.1']],
    ['one bad address among good ones', ['8.8.8.8', '10.0.0.1']],
    ['something that is no address', ['bank.example']],
  ])('is shut for a name that stands for %s', async (_name, addresses) => {
    const { send } = openSender({ production: true, resolve: async () => addresses });
    expect(await send('https://rebind.example/')).toMatchObject({ error: 'refused-address' });
  });

  test('is shut for names that stand for nothing', async () => {
    expect(await openSender({ resolve: async () => [] }).send('https://bank.example/')).toMatchObject({
      error: 'unresolved',
    });
    const failing = openSender({ resolve: () => Promise.reject(new Error('no DNS')) });
    expect(await failing.send('https://bank.example/')).toMatchObject({ error: 'unresolved' });
  });

  test('asks for a name once per connection, and goes where that answer said', async () => {
    const { port } = await openServer((_request, response) => response.end('ok'));
    const answers = [['127.0.0.1'], ['10.0.0.1']];
    let asked = 0;
    const { send } = openSender({ resolve: async () => answers[asked++] ?? [] });
    expect(await send(`http://rebind.example:${port}/`)).toMatchObject({ status: 200 });
    expect(asked).toBe(1);
    await turn();
    // The connection that was checked is kept; a new one is checked anew.
    expect(await send(`http://rebind.example:${port}/`)).toMatchObject({ status: 200 });
    expect(asked).toBe(1);
  });

  test('is plain only to what is allowed', async () => {
    const { port } = await openServer((_request, response) => response.end('ok'));
    const shut = openSender({ allow: ['10.0.0.0/8'], resolve: async () => ['127.0.0.1'] });
    expect(await shut.send(`http://bank.example:${port}/`)).toMatchObject({ error: 'refused-address' });
    expect(await openSender({ allow: [] }).send(`http://127.0.0.1:${port}/`)).toMatchObject({
      error: 'refused-address',
    });
    expect(await openSender({ allow: [`localhost:${port}`] }).send(`http://localhost:${port}/`)).toMatchObject({
      status: 200,
    });
  });

  test('keeps secrets out of the log', async () => {
    const { send, lines } = openSender();
    await send('http://127.0.0.1:1/secret-path');
    expect(lines.join()).toContain('evt_1');
    expect(lines.join()).not.toMatch(/whsec|v1,|secret-path/);
  });
});
