import { connect, type Socket } from 'node:net';
import { expect } from 'vitest';
import { listen } from '../../src/http/listen.ts';
import { openStreams } from '../../src/http/streams.ts';
import { eventStream } from '../../src/http/tenant/event-stream.ts';
import { openLog } from '../../src/lib/log.ts';
import type { EventFeed, FollowedEvent } from '../../src/usecases/use-cases.ts';
import { until } from '../support/until.ts';
import { now } from './given.ts';
import { httpTest } from './http-test.ts';

const eventOf = (sequence: number, size = 10): FollowedEvent => ({
  cursor: `c${sequence}`,
  event: {
    id: '0193627c-9c3e-7d1a-b0a4-6f8f2a1c5e77',
    type: 'ping',
    timestamp: now.toISOString(),
    sequence,
    data: { text: 'x'.repeat(size) },
  },
});

/** A feed that never ends by itself: `size` bytes an event and as fast as it is read, or silent where that is 0. */
const feedOf = (size: number) => {
  const over = new AbortController();
  const told = { pages: 0, closed: 0, over };
  const feed: EventFeed = {
    cursor: 'c0',
    over: over.signal,
    async *pages(gone) {
      const signal = AbortSignal.any([gone, over.signal]);
      while (!signal.aborted) {
        if (size === 0) await new Promise((resolve) => signal.addEventListener('abort', resolve));
        else {
          told.pages += 1;
          yield [eventOf(told.pages, size)];
        }
      }
      return over.signal.aborted ? 'stopped' : 'gone';
    },
    close: () => {
      told.closed += 1;
    },
  };
  return { feed, told };
};

/** One stream to whoever comes, with little patience. Answers why each ended. */
const serve = async (feed: EventFeed, patience: { slowMs?: number; lastMs?: number; beatMs?: number }) => {
  const endings: string[] = [];
  const counts: number[] = [];
  const streams = openStreams({ log: openLog('silent'), onCount: (open) => counts.push(open), ...patience });
  const { url, close } = await listen(
    async (_, response) => {
      const head = ['content-type', 'text/event-stream'];
      endings.push(await streams.send(response, head, eventStream(feed, patience.beatMs)));
    },
    { host: '127.0.0.1', port: 0 },
  );
  const ask = (method = 'GET'): Socket => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(`${method} / HTTP/1.1\r\nhost: here\r\n\r\n`);
    return socket;
  };
  return { ask, endings, counts, streams, close };
};

const textOf = (socket: Socket) => {
  const read = { text: '' };
  socket.on('data', (bytes: Buffer) => {
    read.text += bytes.toString();
  });
  return read;
};

httpTest('a reader that takes nothing costs what is under way, and is cut after a while', async () => {
  const { feed, told } = feedOf(100_000);
  const { ask, endings, counts, close } = await serve(feed, { slowMs: 300 });
  const socket = ask();
  socket.pause();
  await until('it to be cut', () => endings.length > 0);
  expect(endings).toEqual(['slow']);
  // What the system keeps for both ends of a connection, and one piece more.
  expect(told.pages).toBeLessThan(200);
  expect(told.closed).toBe(1);
  expect(counts).toEqual([1, 0]);
  socket.destroy();
  await close();
});

httpTest('a reader that is slow but reads gets everything in order', async () => {
  const { feed, told } = feedOf(50_000);
  const { ask, endings, close } = await serve(feed, { slowMs: 5000 });
  const socket = ask();
  const read = textOf(socket);
  const beat = setInterval(() => (socket.isPaused() ? socket.resume() : socket.pause()), 5);
  await until('some to be read', () => read.text.length > 5_000_000);
  clearInterval(beat);
  socket.destroy();
  await until('it to end', () => endings.length > 0);
  expect(endings).toEqual(['left']);
  const ids = [...read.text.matchAll(/^id: c(\d+)$/gm)].map(([, id]) => Number(id)).slice(1);
  expect(ids.length).toBeGreaterThan(90);
  expect(ids).toEqual(ids.map((_, place) => place + 1));
  expect(told.pages - ids.length).toBeLessThan(200);
  await close();
});

httpTest('one whose key is stopped ends at once, also when its reader takes nothing', async () => {
  const { feed, told } = feedOf(100_000);
  const { ask, endings, close } = await serve(feed, { slowMs: 60_000, lastMs: 100 });
  const socket = ask();
  socket.pause();
  let before = -1;
  await until('it to be stuck', () => {
    const isStuck = told.pages === before && told.pages > 0;
    before = told.pages;
    return isStuck;
  });
  const stoppedAt = performance.now();
  told.over.abort('stopped');
  await until('it to end', () => endings.length > 0);
  expect(performance.now() - stoppedAt).toBeLessThan(10_000);
  expect(endings).toEqual(['stopped']);
  socket.destroy();
  await close();
});

httpTest('where nothing happens a comment comes now and then; closing says so and does not wait', async () => {
  const { feed, told } = feedOf(0);
  const { ask, endings, streams, close } = await serve(feed, { beatMs: 20 });
  const read = textOf(ask());
  await until('some beats', () => read.text.split(': nothing new\n\n').length > 3);
  expect(read.text).toMatch(/: these are events as they happen\nretry: \d+\nid: c0\n\n/);
  const silent = ask(); // and does not read
  silent.pause();
  streams.close();
  await until('both to end', () => endings.length === 2);
  expect(read.text).toContain(': the hub is closing this process; come back with Last-Event-ID\n\n');
  const late = textOf(ask());
  await until('one that comes late to end', () => endings.length === 3);
  expect(endings).toEqual(['gone', 'gone', 'gone']);
  await until('its last word', () => late.text.includes('closing'));
  expect(told.closed).toBe(3);
  await close();
});

httpTest('HEAD tells what a stream would be, and opens none', async () => {
  const { feed, told } = feedOf(10);
  const { ask, endings, close } = await serve(feed, {});
  const socket = ask('HEAD');
  const read = textOf(socket);
  await until('its end', () => endings.length > 0);
  await until('its head', () => read.text.includes('\r\n\r\n'));
  expect(endings).toEqual(['head']);
  expect(read.text).toMatch(/content-type: text\/event-stream/);
  expect(read.text.split('\r\n\r\n')[1]).toBe('');
  expect(told).toMatchObject({ pages: 0, closed: 1 });
  socket.destroy();
  await close();
});

httpTest('a stream that breaks is cut, told in the log and counted as ended', async ({ open }) => {
  const { feed, told } = feedOf(10);
  const broken: EventFeed = {
    ...feed,
    pages: async function* () {
      yield [eventOf(1)];
      throw new Error('lost the thread');
    },
  };
  const hub = await open({ followEvents: async () => broken });
  const asked = hub.call('GET', '/v1/events/stream', { key: 'tenant' });
  await expect(asked).rejects.toThrow();
  const line = await until('its line', () => hub.lines.map((text) => JSON.parse(text)).find(({ ended }) => ended));
  expect(line).toMatchObject({ route: '/v1/events/stream', status: 200, ended: 'broken' });
  expect(hub.lines.some((text) => text.includes('lost the thread'))).toBe(true);
  expect(told.closed).toBe(1);
});

httpTest('Last-Event-ID outweighs the query, and other methods are refused', async ({ open }) => {
  const asked: unknown[] = [];
  const { feed, told } = feedOf(0);
  told.over.abort('stopped');
  const hub = await open({
    followEvents: async (_by, from) => {
      asked.push(from);
      return feed;
    },
  });
  const call = (query: string, headers = {}) =>
    hub.call('GET', `/v1/events/stream${query}`, { key: 'tenant', headers });
  expect((await call('')).text).toContain(': the key or its tenant has been stopped\n\n');
  await call('?cursor=ab');
  await call('?cursor=ab', { 'last-event-id': 'cd' });
  await call('?cursor=ab', { 'last-event-id': '' });
  expect(asked).toEqual([
    { cursor: undefined },
    { cursor: 'ab' },
    { cursor: 'cd', field: 'Last-Event-ID' },
    { cursor: 'ab' },
  ]);
  expect(await call('?limit=3')).toMatchObject({ status: 422, body: { type: '/problems/field-unknown' } });
  const post = await hub.call('POST', '/v1/events/stream', { key: 'tenant' });
  expect(post).toMatchObject({ status: 405 });
  expect(post.headers.get('allow')).toBe('GET, HEAD');
});
