import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { type Clock, movableClock } from '../../../src/lib/clock.ts';
import { openNeighbour, sendJson } from '../neighbour.ts';
import { good, openClient, openFake, problemOf, tokenOf } from './given-client.ts';

const differ = 'maskinporten: our clock and theirs differ; grants are made by theirs until ours is set';
const agree = 'maskinporten: our clock and theirs agree again';

/** For how many seconds a token is held: it came between two looks at the clock, and nobody knows when. */
const livesOf = async (ask: () => Promise<{ expiresAt: Date }>, clock: Clock) => {
  const before = clock.now().getTime();
  const ends = (await ask()).expiresAt.getTime();
  return { atLeast: (ends - clock.now().getTime()) / 1000, atMost: (ends - before) / 1000 };
};

/** Maskinporten's clock against ours, which both had right when we first looked. */
const openSkewed = async (clockSkewMs: number) => {
  const neighbour = await openNeighbour();
  const { url, clock, control, calls } = neighbour;
  const client = openClient(`${url}/maskinporten/`, { clock });
  await client.ask();
  const skew = (ms: number) => control('POST', 'settings', { clockSkewMs: ms });
  await skew(clockSkewMs);
  const before = (await calls('token')).length;
  return { ...neighbour, ...client, skew, tries: async () => (await calls('token')).length - before };
};

describe.each([
  ['ten minutes behind', -600_000],
  ['ten minutes ahead', 600_000],
  ['half a minute behind', -30_000],
])('a Maskinporten that is %s', (_name, skewMs) => {
  test('gets grants by its own time from the refusal on, and the log says so once', async () => {
    const { ask, tries, client, logged } = await openSkewed(skewMs);
    await expect(ask()).resolves.toBeDefined();
    expect(await tries()).toBe(2);
    for (const _ of [1, 2, 3]) await ask();
    expect(await tries()).toBe(5);
    expect(Math.abs((client.state().clockOffsetMs ?? 0) - skewMs)).toBeLessThan(1500);
    expect(logged('error').map(({ msg }) => msg)).toEqual([differ]);
    expect(Math.abs(Number(logged('error')[0]?.['clockOffsetMs']) - skewMs)).toBeLessThan(1500);
  });

  test('gives tokens that end by our clock', async () => {
    const { ask, clock } = await openSkewed(skewMs);
    const lives = await livesOf(ask, clock);
    expect(lives.atLeast).toBeLessThanOrEqual(120.5);
    expect(lives.atMost).toBeGreaterThan(117);
  });

  test('is believed from its metadata alone', async () => {
    const { url, clock, control, calls } = await openNeighbour();
    await control('POST', 'settings', { clockSkewMs: skewMs });
    await openClient(`${url}/maskinporten/`, { clock }).ask();
    expect(await calls('token')).toHaveLength(1);
  });
});

test('when our clock is set right again, that is told once too', async () => {
  const { ask, skew, logged } = await openSkewed(-60_000);
  await ask();
  await skew(0);
  for (const _ of [1, 2]) await ask();
  expect(logged('error')).toHaveLength(1);
  expect(logged('info').filter(({ msg }) => msg === agree)).toHaveLength(1);
});

test('a second more or less is left alone', async () => {
  const { ask, skew, logged, tries } = await openSkewed(1000);
  await ask();
  await skew(-1000);
  await ask();
  expect(await tries()).toBe(2);
  expect(logged('error')).toEqual([]);
});

test('short lives and a clock far off: a token of thirty seconds is held no longer than it lives', async () => {
  const { ask, control, clock } = await openSkewed(90_000);
  await control('POST', 'settings', { tokenLifeSeconds: 30 });
  const lives = await livesOf(ask, clock);
  expect(lives.atLeast).toBeLessThanOrEqual(30.5);
  expect(lives.atMost).toBeGreaterThan(27);
});

test('a clock that is moved while an answer is on its way proves nothing', async () => {
  const clock = movableClock();
  const { issuer } = await openFake((response) => {
    const date = clock.now().toUTCString();
    clock.move(60_000);
    response.setHeader('date', date);
    sendJson(response, 200, { access_token: tokenOf(good()), expires_in: 120 });
  });
  const { ask, client, logged } = openClient(issuer, { clock });
  await ask();
  expect(client.state().clockOffsetMs).toBeUndefined();
  expect(logged('error')).toEqual([]);
});

test('an answer out of a cache shows no time', async () => {
  const { issuer } = await openFake((response) => {
    response.setHeader('date', new Date(Date.now() - 3_600_000).toUTCString());
    response.setHeader('age', '3600');
    sendJson(response, 200, { access_token: tokenOf(good()), expires_in: 120 });
  });
  const { ask, client } = openClient(issuer);
  await ask();
  expect(client.state().clockOffsetMs).toBeUndefined();
});

test.each(['Issue time is in the future.', 'JWT has expired.'])(
  'where its clock explains nothing, “%s” is tried once more, then the operator’s to mend and told once',
  async (error_description) => {
    const { issuer, grants } = await openFake((response) =>
      sendJson(response, 400, { error: 'invalid_grant', error_description }),
    );
    const { ask, logged } = openClient(issuer);
    expect((await problemOf(ask())).code).toBe('clock-wrong');
    expect((await problemOf(ask())).code).toBe('clock-wrong');
    expect(grants).toHaveLength(4);
    expect(new Set(grants.map((grant) => decodeJwt(grant).jti)).size).toBe(4);
    expect(logged('error')).toHaveLength(1);
  },
);
