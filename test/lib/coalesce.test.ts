import { expect, test } from 'vitest';
import { coalesced, type Group } from '../../src/lib/coalesce.ts';

type Call = { groups: [string, number[]][]; end(error?: Error): void };

/** Calls stand still until the test ends them. */
const given = (lanes: number, most = { groups: 10, asks: 10 }) => {
  const calls: Call[] = [];
  const run = coalesced<number, number>(
    (groups: readonly Group<number>[]) =>
      new Promise((resolve, reject) =>
        calls.push({
          groups: groups.map(({ key, asks }) => [key, [...asks]]),
          end: (error) => (error ? reject(error) : resolve(groups.map(({ asks }) => asks.map((ask) => ask * 10)))),
        }),
      ),
    { lanes, most },
  );
  const seen = () => calls.map(({ groups }) => groups);
  const end = async (call: number, error?: Error) => {
    calls[call]?.end(error);
    await new Promise(setImmediate);
  };
  return { run, seen, end };
};

test('those that come while all lanes are busy share the next call, grouped by key', async () => {
  const { run, seen, end } = given(1);
  const answers = [run('a', 1), run('b', 2), run('a', 3), run('b', 4)];
  expect(seen()).toEqual([[['a', [1]]]]);
  await end(0);
  expect(seen()[1]).toEqual([
    ['a', [3]],
    ['b', [2, 4]],
  ]);
  await end(1);
  expect(await Promise.all(answers)).toEqual([10, 20, 30, 40]);
});

test('an idle lane is taken at once', async () => {
  const { run, seen, end } = given(2);
  const first = run('slow', 1);
  const second = run('quick', 2);
  await end(1);
  expect(await second).toBe(20);
  expect(seen()).toHaveLength(2);
  await end(0);
  expect(await first).toBe(10);
});

test('one with a backlog takes turns with others', async () => {
  const { run, seen, end } = given(1, { groups: 2, asks: 2 });
  const many = [1, 2, 3, 4, 5, 6].map((ask) => run('many', ask));
  const quiet = [run('quiet', 7), run('third', 8)];
  for (let call = 0; call < 5; call += 1) await end(call);
  expect(seen()).toEqual([
    [['many', [1]]],
    [
      ['many', [2, 3]],
      ['quiet', [7]],
    ],
    [
      ['many', [4, 5]],
      ['third', [8]],
    ],
    [['many', [6]]],
  ]);
  expect(await Promise.all([...many, ...quiet])).toEqual([10, 20, 30, 40, 50, 60, 70, 80]);
});

test('a failure fails those that shared the call, and nobody after them', async () => {
  const { run, end } = given(1);
  const [lost, next] = [run('a', 1), run('a', 2)];
  const heard = expect(lost).rejects.toThrow('away');
  await end(0, new Error('away'));
  await heard;
  await end(1);
  expect(await next).toBe(20);
});
