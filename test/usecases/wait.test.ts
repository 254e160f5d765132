import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Notices } from '../../src/usecases/ports.ts';
import { type Wait, waitFor } from '../../src/usecases/wait.ts';

const openNotices = (): Notices & { topics(): string[] } => {
  const listeners = new Map<string, Set<() => void>>();
  return {
    tell: (topic) => {
      for (const listener of listeners.get(topic) ?? []) listener();
    },
    on(topic, listener) {
      const set = listeners.get(topic) ?? new Set();
      listeners.set(topic, set.add(listener));
      return () => {
        set.delete(listener);
        if (set.size === 0) listeners.delete(topic);
      };
    },
    topics: () => [...listeners.keys()],
  };
};

let notices: ReturnType<typeof openNotices>;
let looks: number;
let found: string;

beforeEach(() => {
  vi.useFakeTimers();
  notices = openNotices();
  looks = 0;
  found = 'nothing yet';
});
afterEach(() => {
  vi.useRealTimers();
});

const forIt = (change: Partial<Wait<string>> = {}): Wait<string> => ({
  topic: 'consent:1',
  timeoutMs: 20_000,
  tenantId: 'bank',
  look: async () => {
    looks += 1;
    return found;
  },
  isEnough: (seen) => seen === 'it',
  ...change,
});
const wait = (change?: Partial<Wait<string>>) => waitFor(notices, forIt(change));
/** Lets what is under way get as far as it can without time passing. */
const settle = () => vi.advanceTimersByTimeAsync(0);

test('who waits is woken by a notice', async () => {
  const waiting = wait();
  await settle();
  found = 'it';
  notices.tell('consent:1');
  expect(await waiting).toBe('it');
  expect(notices.topics()).toEqual([]);
});

test('a notice that was lost costs a moment, and looking grows rarer the longer it takes', async () => {
  const waiting = wait({ timeoutMs: 30_000 });
  await vi.advanceTimersByTimeAsync(500);
  expect(looks).toBe(2);
  await vi.advanceTimersByTimeAsync(17_000);
  expect(looks).toBe(7);
  found = 'it';
  await vi.advanceTimersByTimeAsync(5000);
  expect(await waiting).toBe('it');
});

test('when the time is over the latest is told, though it is not enough', async () => {
  const waiting = wait({ timeoutMs: 3000 });
  await vi.advanceTimersByTimeAsync(3000);
  expect(await waiting).toBe('nothing yet');
  expect(notices.topics()).toEqual([]);
});

test('a hundred who wait for the same look together', async () => {
  const waiting = Array.from({ length: 100 }, () => wait());
  await settle();
  expect(looks).toBe(2);
  await vi.advanceTimersByTimeAsync(500 + 1000 + 2000);
  const before = looks;
  expect(before).toBeLessThan(8);
  found = 'it';
  notices.tell('consent:1');
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['it']));
  expect(looks).toBe(before + 1);
});

test('who comes while a look is under way gets one that began after', async () => {
  const answers: ((seen: string) => void)[] = [];
  const look = () => new Promise<string>((resolve) => answers.push(resolve));
  const early = wait({ look, isEnough: () => true });
  const late = wait({ look, isEnough: () => true });
  answers[0]?.('old');
  expect(await early).toBe('old');
  answers[1]?.('new');
  expect(await late).toBe('new');
});

test('a look that fails is told to those who waited for it, and to nobody after', async () => {
  const failing = wait({ look: async () => Promise.reject(new Error('the database is away')) });
  await expect(failing).rejects.toThrow('the database is away');
  found = 'it';
  expect(await wait()).toBe('it');
});

test('a tenant with too many waiting is answered at once; another waits as ever', async () => {
  const crowd = Array.from({ length: 500 }, (_, number) => wait({ topic: `consent:${number}` }));
  await settle();
  expect(await wait({ topic: 'consent:one-more' })).toBeUndefined();
  const other = wait({ topic: 'consent:other', tenantId: 'insurer' });
  const ours = waitFor(notices, { ...forIt({ topic: 'token:1' }), tenantId: undefined as never });
  await settle();
  found = 'it';
  notices.tell('consent:other');
  notices.tell('token:1');
  expect(await other).toBe('it');
  expect(await ours).toBe('it');
  for (const topic of notices.topics()) notices.tell(topic);
  await Promise.all(crowd);
  // Who has gone has left room.
  expect(await wait()).toBe('it');
});

test('however many tenants there are, not all of the world waits in one process', async () => {
  const crowd = Array.from({ length: 5000 }, (_, number) => wait({ tenantId: `tenant ${number % 50}` }));
  expect(await wait({ tenantId: 'one more' })).toBeUndefined();
  found = 'it';
  notices.tell('consent:1');
  await Promise.all(crowd);
});
