import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { guardedLookup } from '../../../src/clients/data-source/guarded-lookup.ts';
import { openRawSource, openSource } from '../../support/source.ts';
import { until } from '../../support/until.ts';
import { issue } from '../webhook-receivers/certificates.ts';
import { callOf, closing, head, sources, taker } from './given.ts';

test('an answer comes as it is, gzip and all, and as often as it is asked for', async () => {
  const packed = gzipSync('x'.repeat(10_000_000));
  const { url, asked } = closing(
    await openSource((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed)),
  );
  const { call } = sources();
  for (const _ of [1, 2]) {
    const { takes, told } = taker();
    const ending = await call(callOf(url), takes);
    expect(ending).toEqual({ ended: 'whole', status: 200, sentBytes: 0, readBytes: packed.length });
    expect(Buffer.concat(told.chunks).equals(packed)).toBe(true);
    expect(told.headers).toMatchObject({ 'content-encoding': 'gzip' });
  }
  expect(asked).toMatchObject([
    { method: 'GET', url: '/inntekt', headers: { accept: 'application/json' } },
    { method: 'GET', url: '/inntekt' },
  ]);
});

test('a body goes out as it is, whether or not its length is known', async () => {
  const { url, asked } = closing(await openSource((request, response) => request.pipe(response)));
  const { call } = sources();
  const known = taker();
  const body = { bytes: Readable.from([Buffer.from('ab'), Buffer.from('cd')]), length: 4 };
  expect(await call(callOf(url, { method: 'POST', body }), known.takes)).toMatchObject({ sentBytes: 4, readBytes: 4 });
  expect(known.text()).toBe('abcd');
  const unknown = taker();
  await call(callOf(url, { method: 'POST', body: { bytes: Readable.from([Buffer.from('efg')]) } }), unknown.takes);
  expect(unknown.text()).toBe('efg');
  expect(asked).toMatchObject([
    { headers: { 'content-length': '4' } },
    { headers: { 'transfer-encoding': 'chunked' } },
  ]);
});

test('a body that grows too long on the way is cut, and told', async () => {
  const { url } = closing(await openSource((request) => request.resume()));
  async function* endless() {
    for (;;) yield Buffer.alloc(1000);
  }
  const { takes, told } = taker();
  const asked = sources().call(callOf(url, { method: 'POST', maxBytes: 10_000, body: { bytes: endless() } }), takes);
  await expect(asked).rejects.toMatchObject({ code: 'data-too-large' });
  expect(told.status).toBe(0);
});

test('an answer that says it is too long is not begun; one that only grows so is broken', async () => {
  const { url } = closing(
    await openSource((request, response) => {
      if (request.url === '/said') response.writeHead(200, { 'content-length': '1001' }).end('x'.repeat(1001));
      else {
        response.write('x'.repeat(600));
        response.end('x'.repeat(600));
      }
    }),
  );
  const { call } = sources();
  const said = taker();
  await expect(call(callOf(url, { path: '/said', maxBytes: 1000 }), said.takes)).rejects.toMatchObject({
    code: 'data-answer-too-large',
  });
  expect(said.told).toMatchObject({ status: 0, bytes: 0, ended: '' });
  const grown = taker();
  expect(await call(callOf(url, { maxBytes: 1000 }), grown.takes)).toMatchObject({
    ended: 'cut',
    why: 'data-answer-too-large',
  });
  expect(grown.told).toMatchObject({ status: 200, ended: 'break' });
  expect(grown.told.bytes).toBeLessThanOrEqual(1000);
});

test.each([301, 302, 303, 307, 308, 300])('a redirect (%i) leads nowhere', async (status) => {
  const other = closing(await openSource((_, response) => response.end('secrets')));
  const { url } = closing(
    await openSource((_, response) => response.writeHead(status, { location: other.url }).end('there')),
  );
  const { takes, told } = taker();
  await expect(sources().call(callOf(url), takes)).rejects.toMatchObject({ code: 'data-source-redirected' });
  expect(told.status).toBe(0);
  expect(other.asked).toEqual([]);
});

test('hints on the way are not the answer, and not modified is one', async () => {
  const { url } = closing(
    await openRawSource((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n');
        socket.end('HTTP/1.1 304 Not Modified\r\netag: "a"\r\n\r\n');
      });
    }),
  );
  const { takes, told } = taker();
  expect(await sources().call(callOf(url), takes)).toMatchObject({ ended: 'whole', status: 304 });
  expect(told.headers).toMatchObject({ etag: '"a"' });
});

test('a head that cannot be passed on is no answer', async () => {
  const { url } = closing(await openSource((_, response) => response.end('some')));
  const { takes, told } = taker();
  const begin = () => {
    throw new TypeError('a character that no head may hold');
  };
  const asked = sources().call(callOf(url), { ...takes, begin });
  await expect(asked).rejects.toMatchObject({ code: 'data-source-unavailable' });
  expect(told.ended).toBe('');
});

test('no more is read than is taken', async () => {
  let written = 0;
  const { url } = closing(
    await openSource((_, response) => {
      const more = () => {
        do written += 65_536;
        while (response.write(Buffer.alloc(65_536)) && written < 200_000_000);
        if (written < 200_000_000) response.once('drain', more);
        else response.end();
      };
      more();
    }),
  );
  const slow = taker({ most: 100_000 });
  const asked = sources().call(callOf(url, { maxBytes: 1_000_000_000 }), slow.takes);
  let before = -1;
  await until('the source to be held back', () => {
    const isHeld = written === before && slow.told.bytes > 0;
    before = written;
    return isHeld;
  });
  // What the system keeps for both ends of a connection.
  expect(written).toBeLessThan(20_000_000);
  expect(slow.told.bytes).toBeLessThan(1_000_000);
  slow.leave();
  expect(await asked).toMatchObject({ ended: 'left', status: 200 });
});

test('a caller who leaves ends the call, before and after its answer began', async () => {
  let gone = 0;
  const { url, asked } = closing(
    await openSource((request, response) => {
      response.on('close', () => {
        gone += 1;
      });
      if (request.url === '/begun') response.write('some');
    }),
  );
  const { call } = sources();
  const silent = taker();
  const unanswered = call(callOf(url), silent.takes);
  await until('it to be asked', () => asked.length === 1);
  silent.leave();
  expect(await unanswered).toMatchObject({ ended: 'left', readBytes: 0 });
  const begun = taker();
  const answered = call(callOf(url, { path: '/begun' }), begun.takes);
  await until('it to begin', () => begun.told.bytes > 0);
  begun.leave();
  expect(await answered).toMatchObject({ ended: 'left', status: 200 });
  await until('both to be over at the source', () => gone === 2);
});

test('a kept connection that was closed just then is made anew, for what changes nothing', async () => {
  let answered = 0;
  const { url } = closing(
    await openRawSource((socket) => {
      let isFirst = true;
      socket.on('data', () => {
        // Each connection answers once, and breaks at what comes next.
        if (!isFirst) return socket.resetAndDestroy();
        isFirst = false;
        answered += 1;
        return socket.write(`${head}content-length: 2\r\n\r\nok`);
      });
    }),
  );
  const { call } = sources();
  for (const _ of [1, 2, 3]) {
    const { takes, text } = taker();
    await call(callOf(url), takes);
    expect(text()).toBe('ok');
  }
  expect(answered).toBe(3);
  const body = { bytes: Readable.from([Buffer.from('x')]), length: 1 };
  const posted = call(callOf(url, { method: 'POST', body }), taker().takes);
  await expect(posted).rejects.toMatchObject({ code: 'data-source-unavailable' });
  expect(answered).toBe(3);
});

test('one that always breaks is asked twice and no more', async () => {
  let came = 0;
  const { url } = closing(
    await openRawSource((socket) => {
      socket.once('data', () => {
        came += 1;
        socket.resetAndDestroy();
      });
    }),
  );
  await expect(sources().call(callOf(url), taker().takes)).rejects.toMatchObject({ code: 'data-source-unavailable' });
  expect(came).toBe(2);
});

test('an answer that breaks off is never taken for whole', async () => {
  const { url } = closing(
    await openRawSource((socket) => {
      socket.once('data', () => {
        socket.write(`${head}content-length: 100\r\n\r\nhalf`);
        setImmediate(() => socket.destroy());
      });
    }),
  );
  const { takes, told } = taker();
  expect(await sources().call(callOf(url), takes)).toMatchObject({ ended: 'cut', status: 200 });
  expect(told.ended).toBe('break');
});

test('what is no HTTP is no answer, and nothing of it is told', async () => {
  const { url } = closing(
    await openRawSource((socket) => socket.once('data', () => socket.end('SSH-2.0-25922947409\r\n'))),
  );
  const failed = await sources()
    .call(callOf(url), taker().takes)
    .catch((error: unknown) => error);
  expect(failed).toMatchObject({ code: 'data-source-unavailable' });
  expect(JSON.stringify([failed, (failed as Error).stack, (failed as Error).cause])).not.toContain('25922947409');
});

test('whoever is silent is waited for only so long: for the first byte, between two, and in all', async () => {
  const { url } = closing(
    await openSource((request, response) => {
      if (request.url === '/never') return;
      response.write('some');
      if (request.url !== '/drips') return;
      const drip = setInterval(() => response.write('.'), 20);
      response.on('close', () => clearInterval(drip));
    }),
  );
  // Each limit by itself: the others are not to come before it on a slow machine.
  const never = sources({ firstByteMs: 200 }).call(callOf(url, { path: '/never' }), taker().takes);
  await expect(never).rejects.toMatchObject({ code: 'data-source-timeout' });
  const stops = sources({ idleMs: 200 }).call(callOf(url, { path: '/stops' }), taker().takes);
  expect(await stops).toMatchObject({ ended: 'cut' });
  const dripping = taker();
  const ending = await sources().call(callOf(url, { path: '/drips', timeoutMs: 1500 }), dripping.takes);
  expect(ending).toMatchObject({ ended: 'cut', why: 'data-source-timeout' });
  expect(dripping.told.ended).toBe('break');
});

test('a place where nobody listens, and a certificate that is not right', async () => {
  const gone = await openSource(() => {});
  await gone.close();
  const { call } = sources();
  await expect(call(callOf(gone.url), taker().takes)).rejects.toMatchObject({ code: 'data-source-unavailable' });
  const { privateKey: key, certificate: cert } = issue('localhost', { hosts: ['localhost'] });
  const tls = createTlsServer({ key, cert }, (_, response) => response.end('ok'));
  await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
  closing({ close: () => new Promise<void>((resolve) => tls.close(() => resolve())) });
  const origin = `https://localhost:${(tls.address() as AddressInfo).port}`;
  await expect(call(callOf(origin), taker().takes)).rejects.toMatchObject({ code: 'data-source-unavailable' });
});

test.each(['http://169.254.169.254', 'http://[fe80::1]', 'http://[::ffff:169.254.169.254]', 'http://168.63.129.16'])(
  'where clouds keep their secrets no data are: %s',
  async (origin) => {
    const { call } = sources();
    await expect(call(callOf(origin), taker().takes)).rejects.toMatchObject({
      code: 'data-source-unavailable',
      detail: expect.stringContaining('nothing is sent'),
    });
  },
);

test('nor behind a name that stands for such a place', async () => {
  const looked = (lookup: typeof guardedLookup, name: string) =>
    new Promise((resolve) => lookup(name, { all: true }, (error, found) => resolve(error?.code ?? found)));
  expect(await looked(guardedLookup, 'localhost')).toEqual(
    expect.arrayContaining([expect.objectContaining({ address: '127.0.0.1' })]),
  );
  expect(await looked(guardedLookup, '169.254.169.254')).toBe('ENOTFOUND');
});
