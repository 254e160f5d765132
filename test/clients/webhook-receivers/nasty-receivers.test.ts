import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../../support/until.ts';
import { openServer } from '../neighbour.ts';
import { openSender } from './given.ts';

/** Does what it likes with each connection; closed when the test ends. */
const openSocketServer = async (serve: (socket: Socket) => void) => {
  const open = new Set<Socket>();
  let most = 0;
  const server = createServer((socket) => {
    open.add(socket);
    most = Math.max(most, open.size);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => open.delete(socket));
    serve(socket);
    // Whoever reads nothing does not see the other end go either.
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, open, most: () => most };
};

/** One byte now and then, for as long as anybody listens. */
const drip = (socket: Socket, text: () => string) => {
  const timer = setInterval(() => socket.writable && socket.write(text()), 5);
  socket.on('close', () => clearInterval(timer));
};

/** Writes for as long as it is read, and counts. */
const pour = (socket: Socket, bytes: Buffer, count: (many: number) => void) => {
  const more = () => {
    if (!socket.writable) return;
    count(bytes.length);
    socket.write(bytes, more);
  };
  more();
};

const limitMs = 300;
const head = 'HTTP/1.1 200 OK\r\n';
const endless = Buffer.alloc(65_536, 'y');

const nasty: [name: string, serve: (socket: Socket) => void, told: object][] = [
  ['says nothing', () => undefined, { error: 'timeout' }],
  ['hangs up at once', (socket) => socket.destroy(), { error: 'connection' }],
  ['resets when it is asked', (socket) => socket.once('data', () => socket.resetAndDestroy()), { error: 'connection' }],
  ['ends when it is asked', (socket) => socket.once('data', () => socket.end()), { error: 'connection' }],
  ['speaks no HTTP', (socket) => socket.once('data', () => socket.end('220 mail ESMTP\r\n')), { error: 'connection' }],
  [
    'answers the status byte by byte, without an end',
    (socket) => drip(socket, () => 'H'),
    { error: expect.any(String) },
  ],
  [
    'sends headers byte by byte, without an end',
    (socket) => {
      socket.write(head);
      drip(socket, () => 'x');
    },
    { error: 'timeout' },
  ],
  [
    'sends headers without an end, as fast as it can',
    (socket) => {
      socket.write(head);
      pour(socket, Buffer.from(`x-${'h'.repeat(1000)}: ${'v'.repeat(8000)}\r\n`), () => undefined);
    },
    { error: expect.stringMatching(/connection|timeout/) },
  ],
  [
    'sends interim answers without an end',
    (socket) => socket.once('data', () => drip(socket, () => 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n')),
    { error: expect.any(String) },
  ],
  // What undici makes of it, which takes it for no answer to what was asked. It is tried again.
  [
    'says to go on, though nobody asked whether to',
    (socket) => socket.once('data', () => socket.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n')),
    { error: 'connection' },
  ],
  [
    'sends its body byte by byte, without an end',
    (socket) => {
      socket.write(`${head}content-length: 1000000000\r\n\r\n`);
      drip(socket, () => 'x');
    },
    { status: 200, answer: expect.stringMatching(/^x*$/) },
  ],
  [
    'resets in the middle of its body',
    (socket) =>
      socket.once('data', () => {
        socket.write(`${head}content-length: 1000\r\n\r\nhalf`);
        setImmediate(() => socket.resetAndDestroy());
      }),
    { status: 200 },
  ],
  [
    'says its body is packed, which would be gigabytes',
    (socket) =>
      socket.once('data', () =>
        socket.end(`${head}content-encoding: gzip\r\ncontent-length: 4\r\n\r\n\x1f\x8b\x08\x00`),
      ),
    { status: 200 },
  ],
  [
    'answers with two lengths',
    (socket) => socket.once('data', () => socket.end(`${head}content-length: 1\r\ncontent-length: 2\r\n\r\nxx`)),
    { error: 'connection' },
  ],
  [
    'sends a second answer nobody asked for',
    (socket) =>
      socket.once('data', () => socket.write(`${head}content-length: 2\r\n\r\nok${head}content-length: 4\r\n\r\nevil`)),
    { status: 200, answer: 'ok' },
  ],
];

test.each(nasty)('a receiver that %s costs a bounded time and leaves nothing open', async (_name, serve, told) => {
  const { url, open } = await openSocketServer(serve);
  // One that hangs up does so by itself, on a slow machine after more than the limit.
  const isSoon = 'error' in told && told.error === 'connection';
  const { send } = openSender(isSoon ? {} : { timeoutMs: limitMs });
  const begun = performance.now();
  const results = await Promise.all([send(url), send(url), send(url)]);
  // Three of them, on a slow machine; without a limit it would be for ever.
  expect(performance.now() - begun).toBeLessThan(limitMs + 5000);
  for (const result of results) {
    if ('error' in told || result.error === undefined) expect(result).toMatchObject(told);
    expect(Buffer.byteLength(result.answer ?? '')).toBeLessThanOrEqual(1024);
  }
  // The connection of an answer that was heard to its end may be kept; those of all others are closed.
  if (!('answer' in told) || told.answer !== 'ok') await until('the connections to close', () => open.size === 0);
});

test.each([
  ['says what is coming', '103 Early Hints\r\nlink: </x>'],
  ['says that it is at it', '102 Processing'],
])('a receiver that %s, twice, and took it then, has taken it', async (_name, first) => {
  let asks = 0;
  const { url, most } = await openSocketServer((socket) =>
    socket.on('data', (bytes) => {
      if (!bytes.includes('POST')) return;
      asks += 1;
      const interim = `HTTP/1.1 ${first}\r\n\r\n`;
      socket.write(interim);
      setImmediate(() => socket.write(`${interim}HTTP/1.1 204 No Content\r\n\r\n`));
    }),
  );
  const { send } = openSender();
  for (let round = 1; round <= 2; round += 1) {
    expect(await send(url)).toEqual({ status: 204, durationMs: expect.any(Number) });
    expect([asks, most()]).toEqual([round, 1]);
    // A kept connection is free again a turn after its answer has ended.
    await new Promise((resolve) => setImmediate(resolve));
  }
});

test('a receiver that sends gigabytes is read for a kilobyte', async () => {
  let sent = 0;
  const { url, open } = await openSocketServer((socket) =>
    socket.once('data', () => {
      socket.write(`${head}content-length: 10000000000\r\n\r\n`);
      pour(socket, endless, (many) => {
        sent += many;
      });
    }),
  );
  const { send } = openSender();
  const before = process.memoryUsage().arrayBuffers;
  for (let round = 0; round < 20; round++)
    expect(await send(url)).toMatchObject({ status: 200, answer: 'y'.repeat(1024) });
  await until('the connections to close', () => open.size === 0);
  // What the buffers of the two sockets hold, and no gigabyte.
  expect(sent / 20).toBeLessThan(32 * 1024 * 1024);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
});

test('a second answer that nobody asked for is nobody’s', async () => {
  const { url } = await openSocketServer((socket) => {
    socket.once('data', () => socket.write(`${head}content-length: 2\r\n\r\nok${head}content-length: 4\r\n\r\nevil`));
  });
  const { send } = openSender({ timeoutMs: 5 * limitMs });
  expect(await send(url)).toMatchObject({ status: 200, answer: 'ok' });
  const next = await send(url);
  expect(next.answer).not.toBe('evil');
});

test('a receiver that hangs holds few connections, and no other tenant’s, nor other receivers’', async () => {
  const { url, most } = await openSocketServer(() => undefined);
  const { url: well } = await openServer((_request, response) => response.writeHead(204).end());
  const { send } = openSender({ timeoutMs: 2000 });
  const hanging = Promise.all(Array.from({ length: 200 }, () => send(url)));
  await until('the first to hang', () => most() > 0);
  for (const tenantId of ['bank', 'insurer']) {
    const begun = performance.now();
    expect(await send(well, { tenantId })).toMatchObject({ status: 204 });
    expect(performance.now() - begun).toBeLessThan(1500);
  }
  for (const result of await hanging) expect(result).toMatchObject({ error: 'timeout' });
  // Twenty-four at a time, and those that are just closing.
  expect(most()).toBeLessThanOrEqual(48);
});
