import { expect, test } from 'vitest';
import { Problem } from '../../../src/domain/problem.ts';
import { openRawSource, openSource } from '../../support/source.ts';
import { until } from '../../support/until.ts';
import { callOf, closing, head, sources, taker } from './given.ts';

/** What has to be done before an answer goes on: begun once the answer is there, and done when the test says so. */
const toBeDone = () => {
  const { promise: ended, resolve: end, reject: fail } = Promise.withResolvers<void>();
  const statuses: number[] = [];
  return {
    statuses,
    ended,
    end,
    fail,
    beforehand(status: number) {
      statuses.push(status);
      return ended;
    },
    isBegun: () => until('its answer to be there', () => statuses.length === 1),
  };
};

test('nothing goes on before what has to be done first, and nothing at all where that fails', async () => {
  const { url, asked } = closing(await openSource((_request, response) => response.end('all of it')));
  const { call } = sources();
  const first = toBeDone();
  const patient = taker();
  const late = call(callOf(url), { ...patient.takes, beforehand: first.beforehand });
  await first.isBegun();
  // Another call comes and goes meanwhile.
  expect(await call(callOf(url), taker().takes)).toMatchObject({ ended: 'whole' });
  expect(patient.told).toMatchObject({ status: 0, bytes: 0, ended: '' });
  first.end();
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
  const second = toBeDone();
  const left = call(callOf(url), { ...leaving.takes, beforehand: second.beforehand });
  await second.isBegun();
  leaving.leave();
  expect(await left).toMatchObject({ ended: 'left' });
  second.end();
  await second.ended;
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
  const first = toBeDone();
  const takes = taker();
  const ending = call(callOf(url), { ...takes.takes, beforehand: first.beforehand });
  await first.isBegun();
  await until('all of it to be out', () => isOut);
  // Another call comes and goes meanwhile, and so does whatever the source did.
  expect(await call(callOf(other.url), taker().takes)).toMatchObject({ ended: 'whole' });
  expect(takes.told).toMatchObject({ status: 0, bytes: 0, ended: '' });
  first.end();
  expect(await ending).toMatchObject({ ended: 'whole', status });
  expect(takes.told).toMatchObject({ status, ended: 'end' });
  expect(takes.text()).toBe(text);
  expect([asked, first.statuses]).toEqual([1, [status]]);
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
  const first = toBeDone();
  const takes = taker();
  const { call } = sources();
  const ending = call(callOf(url, { maxBytes: whole.length }), { ...takes.takes, beforehand: first.beforehand });
  await first.isBegun();
  expect(await call(callOf(url, { maxBytes: whole.length }), taker().takes)).toMatchObject({ ended: 'whole' });
  expect(isSent).toEqual([false, true]);
  first.end();
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
  const { beforehand } = toBeDone();
  await expect(sources().call(callOf(url), { ...takes.takes, beforehand })).rejects.toMatchObject({
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
    const first = toBeDone();
    const ending = call(callOf(url), { ...takes.takes, beforehand: first.beforehand });
    await first.isBegun();
    if (end === 'leave') {
      takes.leave();
      expect(await ending).toMatchObject({ ended: 'left' });
    } else {
      first.fail(new Problem('database-unavailable', 'x'));
      await expect(ending).rejects.toMatchObject({ code: 'database-unavailable' });
    }
    expect(takes.told).toMatchObject({ status: 0, ended: '' });
  }
});
