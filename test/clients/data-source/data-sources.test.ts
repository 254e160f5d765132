import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { openDataSources } from '../../../src/clients/data-source/data-sources.ts';
import { guardedLookup } from '../../../src/clients/data-source/guarded-lookup.ts';
import { Problem } from '../../../src/domain/problem.ts';
import type { DataCall, DataTaker } from '../../../src/usecases/data-port.ts';
import { openRawSource, openSource } from '../../support/source.ts';
import { until } from '../../support/until.ts';
import { issue } from '../webhook-receivers/certificates.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
const closing = <T extends { close(): Promise<void> }>(opened: T): T => {
  closers.push(opened.close);
  return opened;
};
const sources = (options: Parameters<typeof openDataSources>[0] = {}) => closing(openDataSources(options));

/** Takes everything, or no more than so much until it is drained. */
const taker = ({ most = Number.POSITIVE_INFINITY } = {}) => {
  let drained = () => {};
  let left = () => {};
  const told = {
    status: 0,
    headers: {} as Readonly<Record<string, string | string[] | undefined>>,
    chunks: [] as Uint8Array[],
    bytes: 0,
    ended: '',
  };
  const takes: DataTaker = {
    begin: (status, headers) => Object.assign(told, { status, headers }),
    write(bytes) {
      told.chunks.push(bytes);
      told.bytes += bytes.length;
      return told.bytes < most;
    },
    end: () => {
      told.ended = 'end';
    },
    break: () => {
      told.ended = 'break';
    },
    onDrained: (listener) => {
      drained = listener;
    },
    onLeft: (listener) => {
      left = listener;
    },
  };
  const text = () => Buffer.concat(told.chunks).toString();
  return { takes, told, text, drain: () => drained(), leave: () => left() };
};

const callOf = (origin: string, change: Partial<DataCall> = {}): DataCall => ({
  origin,
  path: '/inntekt',
  method: 'GET',
  headers: { accept: 'application/json' },
  maxBytes: 1_000_000,
  timeoutMs: 10_000,
  ...change,
});
const head = 'HTTP/1.1 200 OK\r\n';

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

test('nothing goes on before what has to be done first, and nothing at all where that fails', async () => {
  const { url, asked } = closing(await openSource((_request, response) => response.end('all of it')));
  const { call } = sources();
  const first = Promise.withResolvers<void>();
  const statuses: number[] = [];
  const beforehand = (status: number) => {
    statuses.push(status);
    return first.promise;
  };
  const patient = taker();
  const late = call(callOf(url), { ...patient.takes, beforehand });
  await until('its answer to be there', () => statuses.length === 1);
  // Another call comes and goes meanwhile.
  expect(await call(callOf(url), taker().takes)).toMatchObject({ ended: 'whole' });
  expect(patient.told).toMatchObject({ status: 0, bytes: 0, ended: '' });
  first.resolve();
  expect(await late).toMatchObject({ ended: 'whole', status: 200, readBytes: 9 });
  expect(patient.text()).toBe('all of it');

  const failing = taker();
  const broken = Object.assign(new Error('gone'), { code: 'ECONNRESET' });
  for (const [error, code] of [
    [new Problem('database-unavailable', 'x'), 'database-unavailable'],
    [broken, 'internal'],
  ] as const)
    await expect(
      call(callOf(url), { ...failing.takes, beforehand: () => Promise.reject(error) }),
    ).rejects.toMatchObject({ code });
  expect(failing.told).toMatchObject({ status: 0, bytes: 0, ended: '' });
  expect(asked).toHaveLength(4);

  // Whoever left meanwhile gets nothing.
  const leaving = taker();
  const second = Promise.withResolvers<void>();
  let isAsked = false;
  const left = call(callOf(url), {
    ...leaving.takes,
    beforehand: () => {
      isAsked = true;
      return second.promise;
    },
  });
  await until('its answer to be there', () => isAsked);
  leaving.leave();
  expect(await left).toMatchObject({ ended: 'left' });
  second.resolve();
  await second.promise;
  expect(leaving.told).toMatchObject({ status: 0, bytes: 0, ended: '' });
});

test.each<[what: string, bytes: string, isClosed: boolean, status: number, text: string]>([
  ['nothing', 'HTTP/1.1 204 No Content\r\n\r\n', false, 204, ''],
  ['nothing, on a line that is closed', 'HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n', true, 204, ''],
  ['nothing, on a line that is then cut', `${head}content-length: 0\r\n\r\n`, true, 200, ''],
  ['nothing, as its end tells', `${head}connection: close\r\n\r\n`, true, 200, ''],
  ['whole', `${head}content-length: 5\r\n\r\nwhole`, false, 200, 'whole'],
  ['whole, on a line that is then cut', `${head}content-length: 5\r\n\r\nwhole`, true, 200, 'whole'],
  ['whole, up to its end', `${head}connection: close\r\n\r\nwhole`, true, 200, 'whole'],
  ['in pieces', `${head}transfer-encoding: chunked\r\n\r\n3\r\nwho\r\n2\r\nle\r\n0\r\n\r\n`, true, 200, 'whole'],
])('an answer that is %s comes once, after what has to be done first', async (_what, bytes, isClosed, status, text) => {
  const other = closing(await openSource((_request, response) => response.end()));
  let asked = 0;
  let isOut = false;
  const { url } = closing(
    await openRawSource((socket) =>
      socket.on('data', () => {
        asked += 1;
        const out = () => {
          isOut = true;
        };
        if (isClosed) socket.end(bytes, out);
        else socket.write(bytes, out);
      }),
    ),
  );
  const { call } = sources();
  const first = Promise.withResolvers<void>();
  const beforehands: number[] = [];
  const takes = taker();
  const beforehand = (of: number) => {
    beforehands.push(of);
    return first.promise;
  };
  const ending = call(callOf(url), { ...takes.takes, beforehand });
  await until('its answer to be there', () => isOut && beforehands.length === 1);
  // Another call comes and goes meanwhile, and so does whatever the source did.
  expect(await call(callOf(other.url), taker().takes)).toMatchObject({ ended: 'whole' });
  expect(takes.told).toMatchObject({ status: 0, bytes: 0, ended: '' });
  first.resolve();
  expect(await ending).toMatchObject({ ended: 'whole', status });
  expect(takes.told).toMatchObject({ status, ended: 'end' });
  expect(takes.text()).toBe(text);
  expect([asked, beforehands]).toEqual([1, [status]]);
});

test('a long answer is not read to its end before what has to be done first', async () => {
  const whole = Buffer.alloc(50_000_000, 'x');
  const isSent: boolean[] = [];
  const { url } = closing(
    await openSource((_request, response) => {
      const nth = isSent.push(false) - 1;
      response.end(whole, () => {
        isSent[nth] = true;
      });
    }),
  );
  const first = Promise.withResolvers<void>();
  let isThere = false;
  const takes = taker();
  const beforehand = () => {
    isThere = true;
    return first.promise;
  };
  const { call } = sources();
  const ending = call(callOf(url, { maxBytes: whole.length }), { ...takes.takes, beforehand });
  await until('its answer to be there', () => isThere);
  expect(await call(callOf(url, { maxBytes: whole.length }), taker().takes)).toMatchObject({ ended: 'whole' });
  expect(isSent).toEqual([false, true]);
  first.resolve();
  expect(await ending).toMatchObject({ ended: 'whole', readBytes: whole.length });
});

test('an answer that breaks off before anything of it went on is not asked for again', async () => {
  let asked = 0;
  const { url } = closing(
    await openRawSource((socket) =>
      socket.on('data', () => {
        asked += 1;
        socket.write(`${head}content-length: 50\r\n\r\nnot all`, () => socket.resetAndDestroy());
      }),
    ),
  );
  const takes = taker();
  const never = Promise.withResolvers<void>();
  await expect(sources().call(callOf(url), { ...takes.takes, beforehand: () => never.promise })).rejects.toMatchObject({
    code: 'data-source-unavailable',
  });
  expect([asked, takes.told.ended]).toEqual([1, '']);
});

test('whoever leaves when all is there, or what has to be done first fails then, gets none of it', async () => {
  const { url } = closing(
    await openRawSource((socket) => socket.on('data', () => socket.end(`${head}connection: close\r\n\r\n`))),
  );
  const { call } = sources();
  for (const end of ['leave', 'fail'] as const) {
    const takes = taker();
    const first = Promise.withResolvers<void>();
    let isThere = false;
    const ending = call(callOf(url), {
      ...takes.takes,
      beforehand: () => {
        isThere = true;
        return first.promise;
      },
    });
    await until('its answer to be there', () => isThere);
    if (end === 'leave') {
      takes.leave();
      expect(await ending).toMatchObject({ ended: 'left' });
    } else {
      first.reject(new Problem('database-unavailable', 'x'));
      await expect(ending).rejects.toMatchObject({ code: 'database-unavailable' });
    }
    expect(takes.told).toMatchObject({ status: 0, ended: '' });
  }
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
  closers.push(() => new Promise((resolve) => tls.close(() => resolve())));
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
