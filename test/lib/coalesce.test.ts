import { expect, test } from 'vitest';
import { coalesced, type Group } from '../../src/lib/coalesce.ts';

type Call = { groups: [string, number[]][]; end(error?: Error): void };

/** Calls stand still until the test ends them. */
const given = (lanes: number, most = { groups: 10, asks: 10 }, more: { wide?: number } = {}) => {
  const calls: Call[] = [];
  const run = coalesced<number, number>(
    (groups: readonly Group<number>[]) =>
      new Promise((resolve, reject) =>
        calls.push({
          groups: groups.map(({ key, asks }) => [key, [...asks]]),
          end: (error) => (error ? reject(error) : resolve(groups.map(({ asks }) => asks.map((ask) => ask * 10)))),
        }),
      ),
    { lanes, most, ...more },
  );
  const seen = () => calls.map(({ groups }) => groups);
  const turn = () => new Promise(setImmediate);
  const end = async (call: number, error?: Error) => {
    calls[call]?.end(error);
    await turn();
    await turn();
  };
  return { run, seen, end, turn };
};

test('those that come in one turn share a call, grouped by key', async () => {
  const { run, seen, end, turn } = given(1);
  const answers = [run('b', 1), run('a', 2), run('b', 3)];
  await turn();
  expect(seen()).toEqual([
    [
      ['a', [2]],
      ['b', [1, 3]],
    ],
  ]);
  await end(0);
  expect(await Promise.all(answers)).toEqual([10, 20, 30]);
});

test('those that come while a call is under way share the next', async () => {
  const { run, seen, end, turn } = given(2);
  const answers = [run('a', 1)];
  await turn();
  answers.push(run('b', 2));
  await turn();
  answers.push(run('a', 3), run('b', 4));
  await turn();
  expect(seen()).toEqual([[['a', [1]]]]);
  await end(0);
  expect(seen()[1]).toEqual([
    ['a', [3]],
    ['b', [2, 4]],
  ]);
  await end(1);
  expect(await Promise.all(answers)).toEqual([10, 20, 30, 40]);
});

test.each([
  ['many keys', { groups: 2, asks: 10 }, ['b', 'c']],
  ['many asks', { groups: 10, asks: 2 }, ['b', 'b']],
])('another lane opens when what waits would fill a call, with %s', async (_, most, [one = '', other = '']) => {
  const { run, seen, end, turn } = given(2, most);
  const slow = run('slow', 1);
  await turn();
  const first = run(one, 2);
  await turn();
  expect(seen()).toHaveLength(1);
  const second = run(other, 3);
  await turn();
  expect(seen()).toHaveLength(2);
  await end(1);
  expect(await Promise.all([first, second])).toEqual([20, 30]);
  await end(0);
  expect(await slow).toBe(10);
});

test.each([
  ['one group alone, when it fills its part', ['a'], ['a']],
  ['two, when they fill the parts of both', ['a', 'b', 'a'], ['b']],
  ['two, also when most of it is of one', ['a', 'b', 'b'], ['b']],
  ['more, when they fill two parts', ['a', 'b', 'c'], ['d']],
])('where a call is worth a second lane when two wide, it opens for %s', async (_, few, last) => {
  const { run, seen, end, turn } = given(2, { groups: 10, asks: 2 }, { wide: 2 });
  const answers = [run('slow', 0)];
  await turn();
  for (const key of few) answers.push(run(key, 1));
  await turn();
  expect(seen()).toHaveLength(1);
  for (const key of last) answers.push(run(key, 2));
  await turn();
  expect(seen()).toHaveLength(2);
  for (let call = 0; call < seen().length; call += 1) await end(call);
  expect(await Promise.all(answers)).toEqual([0, ...few.map(() => 10), ...last.map(() => 20)]);
});

test('one with a backlog takes turns with others', async () => {
  const { run, seen, end, turn } = given(1, { groups: 2, asks: 2 });
  const many = [1, 2, 3, 4, 5].map((ask) => run('many', ask));
  const quiet = [run('quiet', 6), run('third', 7)];
  await turn();
  for (let call = 0; call < 4; call += 1) await end(call);
  expect(seen()).toEqual([
    [
      ['many', [1, 2]],
      ['quiet', [6]],
    ],
    [
      ['many', [3, 4]],
      ['third', [7]],
    ],
    [['many', [5]]],
  ]);
  expect(await Promise.all([...many, ...quiet])).toEqual([10, 20, 30, 40, 50, 60, 70]);
});

test('a failure fails those that shared the call, and nobody after them', async () => {
  const { run, end, turn } = given(1);
  const lost = run('a', 1);
  await turn();
  const next = run('a', 2);
  const heard = expect(lost).rejects.toThrow('away');
  await end(0, new Error('away'));
  await heard;
  await end(1);
  expect(await next).toBe(20);
});
