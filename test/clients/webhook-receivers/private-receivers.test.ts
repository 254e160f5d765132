import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { ownPlaces, placesOf } from '../../../src/clients/webhook-receivers/own-places.ts';
import { issue, openTlsReceiver } from './certificates.ts';
import { openSender } from './given.ts';

const authority = issue('Authority of the house');
const host = 'hooks.bank.internal';
const pair = issue(host, { by: authority, hosts: [host] });
const loopback = async () => ['127.0.0.1'];

const openHouse = async (options: Parameters<typeof openSender>[0] = {}) => {
  const receiver = await openTlsReceiver(pair);
  const { port } = receiver;
  const certificates = [authority.certificate];
  const opened = { host, port };
  return {
    ...receiver,
    opened,
    url: `https://${host}:${port}/hook`,
    ...openSender({ production: true, allow: [], certificates, resolve: loopback, ...options }),
  };
};

describe('a private receiver', () => {
  test('is reached where the operator allowed it, by the authority of the house', async () => {
    const { send, url, opened, visits } = await openHouse();
    expect(await send(url)).toMatchObject({ error: 'refused-address' });
    expect(await send(url, { opened })).toMatchObject({ status: 204 });
    expect(visits.map(({ path }) => path)).toEqual(['/hook']);
    // What was allowed is not used by whoever is not: nor after it was withdrawn.
    expect(await send(url)).toMatchObject({ error: 'refused-address' });
    expect(await send(url, { opened: { ...opened, port: opened.port + 1 } })).toMatchObject({
      error: 'refused-address',
    });
    expect(await send(url, { opened: { ...opened, host: 'other.bank.internal' } })).toMatchObject({
      error: 'refused-address',
    });
  });

  test('is not believed without that authority', async () => {
    const { send, url, opened } = await openHouse({ certificates: [] });
    expect(await send(url, { opened })).toMatchObject({ error: 'tls' });
    const stranger = await openHouse({ certificates: [issue('Another').certificate] });
    expect(await stranger.send(stranger.url, { opened: stranger.opened })).toMatchObject({ error: 'tls' });
  });

  test('is https in production', async () => {
    const { sender, opened, port } = await openHouse();
    expect(sender.fault(`http://${host}:${port}/`, opened)).toBe('only https is sent to');
  });

  test.each([
    ['169.254.169.254'],
    ['fe80::1'],
    ['fd00:ec2::254'],
    ['168.63.129.16'],
    ['100.100.100.200'],
    ['192.0.0.192'],
    ['::ffff:10.0.0.1'],
    ['0.0.0.0'],
    ['224.0.0.1'],
  ])('is never %s, not even by a name', async (address) => {
    const { send, sender, url, opened } = await openHouse({ resolve: async () => [address] });
    expect(await send(url, { opened })).toMatchObject({ error: 'refused-address' });
    const text = address.includes(':') ? `[${address}]` : address;
    expect(await sender.lookAtOpened({ host: text, port: 8443 })).toEqual(expect.any(String));
    expect(await sender.lookAtOpened({ host, port: 8443 })).toEqual(expect.any(String));
  });

  test.each(['metadata.google.internal', 'metadata', 'instance-data', 'instance-data.ec2.internal'])(
    'is never %s',
    async (name) => {
      const { sender } = await openHouse();
      expect(await sender.lookAtOpened({ host: name, port: 443 })).toEqual(expect.any(String));
    },
  );

  test.each(['10.0.0.1', '100.64.0.1', 'fd12::1', '8.8.8.8'])('may be %s', async (address) => {
    const { sender } = await openHouse({ resolve: async () => [address] });
    expect(await sender.lookAtOpened({ host, port: 8443 })).toBeUndefined();
  });

  test('is never a store or a listener of the hub’s own, whatever it is called', async () => {
    const { port, visits, send, sender } = await openHouse({
      own: () => placesOf([`postgres://hub:secret@localhost:${port}/hub`]),
    });
    const lan = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
    for (const address of ['127.0.0.1', '127.0.0.2', '::1', ...(lan ? [lan] : [])]) {
      const near = openSender({
        production: true,
        certificates: [authority.certificate],
        resolve: async () => [address],
        own: () => placesOf([`postgres://hub:secret@localhost:${port}/hub`]),
      });
      const target = { host, port };
      expect(await near.send(`https://${host}:${port}/`, { opened: target })).toMatchObject({
        error: 'refused-address',
      });
      expect(await near.sender.lookAtOpened(target)).toEqual(expect.any(String));
    }
    expect(await send(`https://${host}:${port}/`, { opened: { host, port } })).toMatchObject({
      error: 'refused-address',
    });
    expect(await sender.lookAtOpened({ host: 'localhost', port })).toEqual(expect.any(String));
    expect(visits).toEqual([]);
  });

  test('that tests may reach is none of those either', async () => {
    const { port, visits } = await openHouse();
    const { send } = openSender({ allow: ['127.0.0.0/8'], own: () => placesOf([`redis://127.0.0.1:${port}`]) });
    expect(await send(`https://127.0.0.1:${port}/`)).toMatchObject({ error: 'refused-address' });
    expect(visits).toEqual([]);
  });
});

describe('the hub’s own places', () => {
  const names: Record<string, string[]> = { 'db.house': ['10.0.0.5', 'fd00::5'], 'redis.house': ['10.0.0.6'] };
  const places = ownPlaces(
    () =>
      placesOf(['postgres://u:p@db.house/hub', 'rediss://redis.house:6380', 'postgres:///hub?host=/run/pg', undefined]),
    async (name) => names[name] ?? [],
  );

  test.each([
    ['db.house', '10.9.9.9', 5432],
    ['other.house', '10.0.0.5', 5432],
    ['other.house', 'fd00:0::0:5', 5432],
    ['redis.house.', '10.9.9.9', 6380],
    ['other.house', '10.0.0.6', 6380],
  ])('%s at %s on %i is one', async (name, address, port) => {
    expect(await places.includes(name, address, port)).toBe(true);
  });

  test.each([
    ['db.house', '10.0.0.5', 8443],
    ['other.house', '10.0.0.7', 5432],
    ['other.house', '10.0.0.6', 6379],
    ['localhost', '127.0.0.1', 5432],
  ])('%s at %s on %i is none', async (name, address, port) => {
    expect(await places.includes(name, address, port)).toBe(false);
  });

  test('are read as they are set', () => {
    expect(
      placesOf(['postgres://u:p@[::1]:5433/hub', 'redis://Redis.House', 'postgres:///hub?host=db.house&port=6000']),
    ).toEqual([
      { host: '::1', port: 5433 },
      { host: 'redis.house', port: 6379 },
      { host: 'db.house', port: 6000 },
    ]);
  });
});
