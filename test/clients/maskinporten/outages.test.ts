import { describe, expect, test } from 'vitest';
import { movableClock } from '../../../src/lib/clock.ts';
import { bank, clientId, department, key, openNeighbour, writeScope } from '../neighbour.ts';
import { openClient, problemOf } from './given-client.ts';

/** By a clock that stands still unless it is moved: pauses are told to the second. */
const open = async () => {
  const start = new Date();
  const neighbour = await openNeighbour(movableClock({ now: () => start }));
  const { url, clock, control, calls } = neighbour;
  const client = openClient(`${url}/maskinporten/`, { clock });
  return {
    ...neighbour,
    ...client,
    sent: async () => (await calls('token')).length,
    clear: () => control('DELETE', 'faults'),
  };
};
const lost = (more = {}) => expect.objectContaining({ code: 'maskinporten-unavailable', ...more });
const isOpen = ({ client }: Awaited<ReturnType<typeof open>>) => client.state().breaker.isOpen;

describe('a Maskinporten that does not answer', () => {
  test.each([
    { kind: 'status', status: 503 },
    { kind: 'status', status: 429 },
    { kind: 'html', status: 502 },
    { kind: 'reset', when: 'before' },
  ])('%o is asked five times, then left alone for a second, whoever asks', async (fault) => {
    const world = await open();
    const { ask, fail, sent, clock, clear, logged } = world;
    await fail('token', fault, 1000);
    while (!isOpen(world)) expect(await problemOf(ask())).toEqual(lost());
    expect(await sent()).toBe(5);
    for (const consumer of [bank, department])
      expect(await problemOf(ask({ consumer }))).toEqual(lost({ more: { retryAfterSeconds: 1 } }));
    expect(await sent()).toBe(5);

    clock.move(1000);
    await problemOf(ask());
    expect(await problemOf(ask())).toEqual(lost({ more: { retryAfterSeconds: 2 } }));
    expect(await sent()).toBe(6);

    await clear();
    clock.move(2000);
    await expect(ask()).resolves.toBeDefined();
    expect(isOpen(world)).toBe(false);
    expect(logged('error')).toHaveLength(1);
    expect(logged('info').map(({ msg }) => msg)).toContain('maskinporten: it answers again');
  });

  test('lets one of many through when the pause is over; the others are told at once', async () => {
    const { ask, fail, sent, clock, control, clear, client } = await open();
    await fail('token', { kind: 'status', status: 503 }, 5);
    for (let failed = 0; failed < 5; failed += 1) await problemOf(ask());
    clock.move(1000);
    await fail('token', { kind: 'hold', when: 'before', name: 'gate' });
    const tried = ask();
    await control('GET', 'holds/gate?wait=20000');
    const others = await Promise.all([1, 2, 3].map(() => problemOf(ask())));
    expect(others).toEqual([1, 2, 3].map(() => lost({ more: { retryAfterSeconds: 1 } })));
    expect(await sent()).toBe(6);
    await clear();
    await expect(tried).resolves.toBeDefined();
    expect(client.state().breaker).toEqual({ isOpen: false, failures: 0 });
  });

  test('a refusal shows that it is there: a thousand of them open nothing', async () => {
    const { ask, fail, client } = await open();
    await fail('token', { kind: 'status', status: 503 }, 4);
    for (let failed = 0; failed < 4; failed += 1) await problemOf(ask());
    for (let refused = 0; refused < 8; refused += 1)
      expect((await problemOf(ask({ consumer: department }))).code).toBe('access-not-delegated');
    expect(client.state().breaker).toEqual({ isOpen: false, failures: 0 });
  });

  test('a caller who ran out of time proves nothing', async () => {
    const { client, fail, clear, control } = await open();
    await fail('token', { kind: 'hold', when: 'before', name: 'gate' }, 6);
    for (let left = 0; left < 6; left += 1) {
      const patience = new AbortController();
      const asked = client.requestToken({ clientId, key, scopes: [writeScope], consumer: bank }, patience.signal);
      await control('GET', 'holds/gate?wait=20000');
      patience.abort();
      expect(await problemOf(asked)).toEqual(lost());
      await control('POST', 'holds/gate/release');
    }
    expect(client.state().breaker).toEqual({ isOpen: false, failures: 0 });
    await clear();
  });
});

describe('a client that is told to come back later', () => {
  test('rests that long, and no other does', async () => {
    const world = await open();
    const { ask, fail, sent, clock } = world;
    await fail('token', { kind: 'status', status: 429, retryAfter: 17 });
    expect(await problemOf(ask())).toEqual(lost({ more: { retryAfterSeconds: 17 } }));
    clock.move(7500);
    expect(await problemOf(ask())).toEqual(lost({ more: { retryAfterSeconds: 10 } }));
    expect(await sent()).toBe(1);
    expect((await problemOf(ask({ clientId: 'another' }))).code).toBe('client-refused');
    expect(await sent()).toBe(2);
    clock.move(9500);
    await expect(ask()).resolves.toBeDefined();
  });

  test('rests for a minute at most', async () => {
    const { ask, fail, clock } = await open();
    await fail('token', { kind: 'status', status: 429, retryAfter: 86_400 });
    expect(await problemOf(ask())).toEqual(lost({ more: { retryAfterSeconds: 60 } }));
    clock.move(60_000);
    await expect(ask()).resolves.toBeDefined();
  });

  test('however many of its requests are told, that is one failure', async () => {
    const { ask, fail, sent, client } = await open();
    await fail('token', { kind: 'status', status: 429, retryAfter: 5 }, 12);
    await Promise.all(Array.from({ length: 12 }, () => problemOf(ask())));
    expect(await sent()).toBe(12);
    expect(client.state().breaker).toEqual({ isOpen: false, failures: 1 });
  });
});
