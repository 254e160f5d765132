import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../../support/until.ts';
import { openServer } from '../neighbour.ts';
import { issue, openTlsReceiver } from './certificates.ts';
import { openSender } from './given.ts';

const authority = issue('Authority of the house');
const host = 'hooks.bank.example';
const pair = issue(host, { by: authority, hosts: [host] });
const certificates = [authority.certificate];

type Tunnel = { to: string; headers: Record<string, unknown> };

/** A proxy that takes every tunnel to that port of this machine, whatever place was asked for. */
const openTunnels = async (port: number, options: { status?: number; tls?: boolean; says?: string } = {}) => {
  const { status = 200, tls = false, says = '' } = options;
  const asked: Tunnel[] = [];
  const sockets = new Set<Socket>();
  const forProxy = issue('proxy.house', { by: authority, hosts: ['localhost'] });
  const server: Server = tls
    ? (createTlsServer({ cert: forProxy.certificate, key: forProxy.privateKey }) as unknown as Server)
    : createServer();
  server.on('connect', (request, near: Socket) => {
    asked.push({ to: request.url ?? '', headers: request.headers });
    sockets.add(near);
    near.on('error', () => near.destroy());
    if (status !== 200) return near.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    const far = connect(port, '127.0.0.1', () => {
      near.write(`HTTP/1.1 200 Connection Established\r\n\r\n${says}`);
      near.pipe(far).pipe(near);
    });
    sockets.add(far);
    far.on('error', () => near.destroy());
    return near;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port: own } = server.address() as AddressInfo;
  return { asked, sockets, url: `${tls ? 'https' : 'http'}://user:pass%20word@localhost:${own}`, port: own };
};

describe('a proxy', () => {
  test.each([false, true])(
    'is asked for the address that was checked, and the receiver for its name (TLS to it: %s)',
    async (tls) => {
      const { port, visits } = await openTlsReceiver(pair);
      const proxy = await openTunnels(port, { tls });
      const answers = [['8.8.8.8'], ['127.0.0.1']];
      let looked = 0;
      const { send, lines } = openSender({
        production: true,
        proxy: proxy.url,
        certificates,
        resolve: async () => answers[looked++] ?? [],
        timeoutMs: 5000,
      });
      expect(await send(`https://${host}/hook`)).toMatchObject({ status: 204 });
      expect(proxy.asked).toEqual([
        {
          to: '8.8.8.8:443',
          headers: expect.objectContaining({
            host: '8.8.8.8:443',
            'proxy-authorization': `Basic ${Buffer.from('user:pass word').toString('base64')}`,
          }),
        },
      ]);
      expect(visits).toMatchObject([{ path: '/hook', headers: { host } }]);
      expect(visits[0]?.socket.getPeerCertificate).toBeDefined();
      // A name that has turned inwards meanwhile is not asked of the proxy.
      expect(await send(`https://${host}/hook`, { tenantId: 'insurer' })).toMatchObject({ error: 'refused-address' });
      expect(proxy.asked).toHaveLength(1);
      expect(lines.join()).not.toContain('pass');
    },
  );

  test('keeps a tunnel open for as long as it is used', async () => {
    const { port, visits } = await openTlsReceiver(pair);
    const proxy = await openTunnels(port);
    const { send } = openSender({
      production: true,
      proxy: proxy.url,
      certificates,
      resolve: async () => ['8.8.8.8'],
      timeoutMs: 1000,
    });
    const begun = performance.now();
    await until('the limit for connecting to pass', async () => {
      expect(await send(`https://${host}/`)).toMatchObject({ status: 204 });
      return performance.now() - begun > 2200;
    });
    expect(proxy.asked).toHaveLength(1);
    expect(visits.length).toBeGreaterThan(1);
  });

  test.each([403, 407, 502])('that answers %i has not let us through', async (status) => {
    const { port, visits } = await openTlsReceiver(pair);
    const proxy = await openTunnels(port, { status });
    const { send } = openSender({ production: true, proxy: proxy.url, resolve: async () => ['8.8.8.8', '1.1.1.1'] });
    expect(await send(`https://${host}/`)).toMatchObject({ error: 'proxy' });
    expect(proxy.asked.map(({ to }) => to)).toEqual(['8.8.8.8:443', '1.1.1.1:443']);
    expect(visits).toEqual([]);
  });

  test('that is not there, hangs or speaks out of turn costs a try and no more', async () => {
    const { port } = await openTlsReceiver(pair);
    const resolve = async () => ['8.8.8.8'];
    const gone = openSender({ production: true, proxy: 'http://127.0.0.1:1', resolve });
    expect(await gone.send(`https://${host}/`)).toMatchObject({ error: 'proxy' });
    const { url: hanging } = await openServer(() => undefined);
    const slow = openSender({ production: true, proxy: hanging, resolve, timeoutMs: 200 });
    expect(await slow.send(`https://${host}/`)).toMatchObject({ error: expect.stringMatching(/timeout|proxy/) });
    const rude = await openTunnels(port, { says: 'HTTP/1.1 200 OK\r\n\r\n' });
    const { send } = openSender({ production: true, proxy: rude.url, resolve });
    expect(await send(`https://${host}/`)).toMatchObject({ error: 'proxy' });
  });

  test('is not asked for a machine that it would take for itself', async () => {
    const { port, visits } = await openTlsReceiver(pair);
    const proxy = await openTunnels(port);
    const { send } = openSender({
      production: true,
      proxy: proxy.url,
      certificates,
      resolve: async (name) => [name === host ? '127.0.0.1' : '10.0.0.9'],
    });
    expect(await send(`https://${host}/`, { opened: { host, port: 443 } })).toMatchObject({ error: 'refused-address' });
    expect(proxy.asked).toEqual([]);
    await send('https://other.internal:8443/', { opened: { host: 'other.internal', port: 8443 } });
    expect(proxy.asked.map(({ to }) => to)).toEqual(['10.0.0.9:8443']);
    expect(visits).toEqual([]);
  });

  test('takes plain http too where tests allow it', async () => {
    const { port } = await openServer((_request, response) => response.end('ok'));
    const proxy = await openTunnels(port);
    const { send } = openSender({ proxy: proxy.url });
    expect(await send(`http://127.0.0.1:${port}/`)).toMatchObject({ status: 200, answer: 'ok' });
    // A kept connection is free again a turn after its answer has ended.
    await new Promise((resolve) => setImmediate(resolve));
    expect(await send(`http://127.0.0.1:${port}/`)).toMatchObject({ status: 200, answer: 'ok' });
    expect(proxy.asked.map(({ to }) => to)).toEqual([`127.0.0.1:${port}`]);
  });
});
