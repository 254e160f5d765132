import { expect, test } from 'vitest';
import { coalesced } from '../../src/lib/coalesce.ts';

test('those that come while a call is under way share the next one', async () => {
  const calls: number[][] = [];
  const gates: (() => void)[] = [];
  const run = coalesced(async (_key: string, asks: readonly number[]) => {
    calls.push([...asks]);
    await new Promise<void>((resolve) => gates.push(resolve));
    return asks.map((ask) => ask * 10);
  }, 3);
  const answers = [1, 2, 3, 4, 5].map((ask) => run('a', ask));
  while (calls.flat().length < 5 || gates.length > 0) {
    gates.shift()?.();
    await Promise.resolve();
  }
  expect(await Promise.all(answers)).toEqual([10, 20, 30, 40, 50]);
  expect(calls).toEqual([[1], [2, 3, 4], [5]]);
});

test('keys do not wait for one another', async () => {
  const seen: string[] = [];
  const run = coalesced(async (key: string, asks: readonly number[]) => {
    seen.push(key);
    if (key === 'slow') await new Promise(() => undefined);
    return asks;
  }, 10);
  void run('slow', 1);
  expect(await run('quick', 2)).toBe(2);
  expect(seen).toEqual(['slow', 'quick']);
});

test('a failure fails those that shared the call, and nobody after them', async () => {
  let first = true;
  const run = coalesced(async (_key: string, asks: readonly number[]) => {
    if (first) {
      first = false;
      throw new Error('away');
    }
    return asks;
  }, 10);
  const [lost, next] = [run('a', 1), run('a', 2)];
  await expect(lost).rejects.toThrow('away');
  expect(await next).toBe(2);
});
