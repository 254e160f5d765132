import { expect, test } from 'vitest';
import { sharedAsks } from '../../src/lib/shared-asks.ts';

/** Answers when the test says so; `asked` counts. */
const slow = () => {
  const waiting: { give(text: string): void; fail(error: Error): void }[] = [];
  let asked = 0;
  return {
    ask: (): Promise<string> => {
      asked += 1;
      return new Promise((give, fail) => waiting.push({ give, fail }));
    },
    next: () => waiting.shift(),
    asked: () => asked,
  };
};

const tooLate = new Error('too late');
const refused = new Error('refused');
const opened = () => sharedAsks<string>((error) => error === tooLate);

test('who asks for the same at once gets one answer, and who comes afterwards asks anew', async () => {
  const share = opened();
  const { ask, next, asked } = slow();
  const all = Promise.all(Array.from({ length: 1000 }, () => share('a', ask)));
  const other = share('b', ask);
  expect(asked()).toBe(2);
  next()?.give('one');
  next()?.give('two');
  expect(new Set(await all)).toEqual(new Set(['one']));
  expect(await other).toBe('two');
  const later = share('a', ask);
  expect(asked()).toBe(3);
  next()?.give('three');
  expect(await later).toBe('three');
});

test('a failure is everybody’s who asked', async () => {
  const share = opened();
  const { ask, next, asked } = slow();
  const both = Promise.allSettled([share('a', ask), share('a', ask)]);
  next()?.fail(refused);
  expect((await both).map((one) => one.status === 'rejected' && one.reason)).toEqual([refused, refused]);
  expect(asked()).toBe(1);
});

test('who joined one that ran out of time asks once more, together with the others, and not for ever', async () => {
  const share = opened();
  const { ask, next, asked } = slow();
  const first = share('a', ask);
  const late = [share('a', ask), share('a', ask)];
  next()?.fail(tooLate);
  await expect(first).rejects.toBe(tooLate);
  expect(asked()).toBe(2);
  next()?.fail(tooLate);
  for (const one of late) await expect(one).rejects.toBe(tooLate);
  expect(asked()).toBe(2);
});
