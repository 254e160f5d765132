import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Altinn2Options } from '../../../src/clients/altinn2/calls.ts';
import { hasOpenssl } from '../../support/enterprise-certificate.ts';
import { problemOf } from '../maskinporten/given-client.ts';
import { openServer, patience, sendJson } from '../neighbour.ts';
import { issue, openTlsReceiver, type Pair } from '../webhook-receivers/certificates.ts';
import { asked, openClient } from './given-altinn2.ts';

const code = 'f70542a8-d97a-40a8-9ef7-221603ffd5e6';

const submitTo = async (url: string, options: Partial<Altinn2Options> = {}, signal = patience()): Promise<string> =>
  (await problemOf(openClient(url, options).client.submit(asked(), 'token', signal))).code;

/** Takes connections, and does only that. */
const openDeaf = async (): Promise<number> => {
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
};

/** OpenSSL's own server, which refuses whom it does not trust while TLS is agreed on. */
const openStrict = async (house: Pair, { certificate, privateKey }: Pair): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'altinn2-'));
  const files = { cert: certificate, key: privateKey, CAfile: house.certificate };
  const args = Object.entries(files).flatMap(([name, pem]) => {
    writeFileSync(join(folder, name), pem);
    return [`-${name}`, join(folder, name)];
  });
  const child = spawn('openssl', ['s_server', '-accept', '0', ...args, '-Verify', '2', '-verify_return_error', '-www']);
  onTestFinished(() => {
    child.kill();
    rmSync(folder, { recursive: true });
  });
  let told = '';
  for await (const chunk of child.stdout) {
    told += String(chunk);
    const [, port] = /ACCEPT \S+:(\d+)/.exec(told) ?? [];
    if (port !== undefined) return port;
  }
  throw new Error(`it does not listen: ${told}`);
};

describe('nothing can have been sent', () => {
  test('where a name leads nowhere, or nobody listens', async () => {
    expect(await submitTo('http://altinn.invalid/')).toBe('altinn-unreachable');
    expect(await submitTo('http://127.0.0.1:1/')).toBe('altinn-unreachable');
  });

  test('where TLS fails: nobody vouches for who answers, they speak none, or do not answer', async () => {
    const { port } = await openTlsReceiver(issue('altinn.example', { hosts: ['localhost'] }));
    expect(await submitTo(`https://localhost:${port}/`)).toBe('altinn-unreachable');
    const plain = await openServer(() => undefined);
    expect(await submitTo(`https://127.0.0.1:${plain.port}/`)).toBe('altinn-unreachable');
    expect(await submitTo(`https://127.0.0.1:${await openDeaf()}/`, { timeoutMs: 300 })).toBe('altinn-unreachable');
  });

  test('by whoever had no patience left before', async () => {
    const { url } = await openServer((_request, response) => sendJson(response, 201, { AuthorizationCode: code }));
    expect(await submitTo(url, {}, AbortSignal.abort())).toBe('altinn-unreachable');
  });
});

describe('nobody knows what became of it', () => {
  test('where no answer comes, or half of one', async () => {
    const { url: silent } = await openServer(() => undefined);
    expect(await submitTo(silent, { timeoutMs: 200 })).toBe('altinn-unavailable');
    const { url: cut } = await openServer((_request, response) => {
      response.writeHead(201, { 'content-length': '100' }).write('{');
      response.destroy();
    });
    expect(await submitTo(cut)).toBe('altinn-unavailable');
    const { url: huge } = await openServer((_request, response) => sendJson(response, 201, 'x'.repeat(3_000_000)));
    expect(await submitTo(huge)).toBe('altinn-unavailable');
  });

  test('where whoever asked has no patience left', async () => {
    const stop = new AbortController();
    const { url } = await openServer(() => stop.abort());
    expect(await submitTo(url, {}, stop.signal)).toBe('altinn-unavailable');
  });
});

test('each create has a connection of its own, other calls share theirs', async () => {
  const sockets = new Set<unknown>();
  const { url } = await openServer((request, response) => {
    sockets.add(request.socket);
    sendJson(response, 200, { AuthorizationCode: code, RequestStatus: 'Opened' });
  });
  const { client } = openClient(url);
  for (let count = 0; count < 3; count += 1) await client.submit(asked(), 'token', patience());
  expect(sockets.size).toBe(3);
  for (let count = 0; count < 10; count += 1) await client.read(code, 'token', patience());
  expect(sockets.size).toBeLessThan(8);
});

describe('with an enterprise certificate', () => {
  const house = issue('Authority of a house');
  const server = issue('localhost', { by: house, hosts: ['localhost'] });
  const ours = issue('Operator', { by: house });
  const shown = ({ certificate, privateKey }: Pair) => ({ cert: certificate, key: privateKey, ca: house.certificate });
  const openAltinn = () => openTlsReceiver(server, { ca: house.certificate, requestCert: true });

  test('the certificate speaks, and no token is sent', async () => {
    const { port, visits } = await openAltinn();
    const { client } = openClient(`https://localhost:${port}/`, { certificate: shown(ours) });
    await client.withdraw(code, 'token', patience());
    await client.logUse(code, { resource: '4629_2', at: new Date() }, 'token', patience());
    await problemOf(client.list('a b', 'token', patience()));
    expect(visits.map(({ path, peer }) => [path, peer])).toEqual([
      [`/api/consentRequests/${code}?ForceEIAuthentication`, 'Operator'],
      [`/api/authorization/token/${code}/loguse?ForceEIAuthentication`, 'Operator'],
      ['/api/consentRequests?ForceEIAuthentication&direction=outgoing&continuation=a+b', 'Operator'],
    ]);
    for (const { headers } of visits) {
      expect(headers).not.toHaveProperty('authorization');
      expect(headers).toHaveProperty('apikey');
    }
  });

  // A server of Node's refuses certificates only once the connection stands.
  test.skipIf(!hasOpenssl)('one that is refused is the operator’s to mend, and nothing was sent', async () => {
    const port = await openStrict(house, server);
    const stranger = shown(issue('Stranger'));
    expect(await submitTo(`https://localhost:${port}/`, { certificate: stranger })).toBe('altinn-not-authorised');
  });
});
