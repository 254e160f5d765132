import { expect, test } from 'vitest';
import { openTurns } from '../../src/lib/turns.ts';

const ever = new AbortController().signal;
const long = 60_000;

test('so many have a turn at once, and the rest in the order they came', async () => {
  const turns = openTurns(2);
  const leaves = await Promise.all([turns.take(0, ever), turns.take(0, ever)]);
  const had: number[] = [];
  const rest = [1, 2, 3].map(async (name) => {
    const leave = await turns.take(long, ever);
    had.push(name);
    return leave;
  });
  leaves[1]?.();
  (await rest[0])?.();
  leaves[0]?.();
  await Promise.all(rest);
  expect(had).toEqual([1, 2, 3]);
  expect(await turns.take(0, ever)).toBeUndefined();
});

test('who waits too long or is told to stop has none, and takes nobody’s', async () => {
  const turns = openTurns(1);
  const leave = await turns.take(0, ever);
  expect(await turns.take(1, ever)).toBeUndefined();
  const stop = new AbortController();
  const stopped = turns.take(long, stop.signal);
  const next = turns.take(long, ever);
  stop.abort();
  expect(await stopped).toBeUndefined();
  leave?.();
  (await next)?.();
  expect(await turns.take(0, stop.signal)).toBeUndefined();
  expect(await turns.take(0, ever)).toBeDefined();
});
