import { afterEach, expect, test, vi } from 'vitest';
import { openGate } from '../../src/lib/gate.ts';
import { remember } from '../../src/lib/remember.ts';

const minute = 60_000;

afterEach(() => {
  vi.restoreAllMocks();
});

/** A world in which `good…` is there, and which counts who looks. */
const world = () => {
  const looked: string[] = [];
  const look = async (key: string) => {
    looked.push(key);
    return key.startsWith('good') ? { key } : undefined;
  };
  return { looked, look };
};

test('what was found, and what was not, is asked for once', async () => {
  const { looked, look } = world();
  const memory = remember(look, minute);
  for (const key of ['good', 'bad', 'good', 'bad'])
    expect(await memory.get(key)).toEqual(key === 'good' ? { key } : undefined);
  await Promise.all([memory.get('bad'), memory.get('good 2'), memory.get('good 2')]);
  expect(looked).toEqual(['good', 'bad', 'good 2']);
  memory.forget();
  await memory.get('good');
  await memory.get('bad');
  expect(looked.slice(3)).toEqual(['good', 'bad']);
});

test('however many keys lead nowhere, they push out none that leads somewhere', async () => {
  const { looked, look } = world();
  const memory = remember(look, minute, { most: 10 });
  for (let place = 0; place < 5; place += 1) await memory.get(`good ${place}`);
  for (let place = 0; place < 100; place += 1) await memory.get(`bad ${place}`);
  looked.length = 0;
  for (let place = 0; place < 5; place += 1) expect(await memory.get(`good ${place}`)).toBeDefined();
  expect(looked).toEqual([]);
});

test('strangers who fill the gate keep out no key that was good before', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const load = async (key: string) => {
    if (!key.startsWith('good')) await held;
    return key.startsWith('good') ? { key } : undefined;
  };
  const full = () => new Error('full');
  // Nothing is believed for longer than a moment, so that good keys are looked up again and again.
  const memory = remember(load, 1, { strangers: openGate(2, 3, full) });
  expect(await memory.get('good')).toBeDefined();
  const strangers = [0, 1, 2, 3, 4].map((place) => memory.get(`bad ${place}`));
  await expect(memory.get('bad 5')).rejects.toThrow('full');
  await expect(memory.get('good, but never seen')).rejects.toThrow('full');
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await memory.get('good')).toBeDefined();
  release();
  expect(await Promise.all(strangers)).toEqual(Array(5).fill(undefined));
  expect(await memory.get('good, but never seen')).toBeDefined();
});

test('what is forgotten while somebody looks is not kept, and who looks is answered', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { looked, look } = world();
  const memory = remember(async (key) => {
    await held;
    return look(key);
  }, minute);
  const answers = [memory.get('bad'), memory.get('good')];
  memory.forget();
  release();
  expect(await Promise.all(answers)).toEqual([undefined, { key: 'good' }]);
  await memory.get('bad');
  await memory.get('good');
  expect(looked).toEqual(['bad', 'good', 'bad', 'good']);
});

test('who waits while all is forgotten gets what is being looked up, and the next one looks anew', async () => {
  const gates: (() => void)[] = [];
  let looks = 0;
  const memory = remember(async () => {
    looks += 1;
    await new Promise<void>((resolve) => gates.push(resolve));
    return { looks };
  }, minute);
  const waiting = memory.get('key');
  memory.forget();
  gates.shift()?.();
  expect(await waiting).toEqual({ looks: 1 });
  const next = memory.get('key');
  gates.shift()?.();
  expect(await next).toEqual({ looks: 2 });
});

test('what was not found is believed since the look for it began, however long that took', async () => {
  let passed = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => passed);
  const looked: string[] = [];
  const memory = remember<object>(async (key) => {
    looked.push(key);
    passed += 900;
    return undefined;
  }, 1000);
  await memory.get('bad');
  await memory.get('bad');
  expect(looked).toHaveLength(1);
  passed += 200;
  await new Promise((resolve) => setTimeout(resolve, 5));
  await memory.get('bad');
  expect(looked).toHaveLength(2);
});
