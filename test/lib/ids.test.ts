import { expect, test } from 'vitest';
import { randomIds } from '../../src/lib/ids.ts';

test('ids sort as they were made, however many are made in a millisecond, and none comes twice', () => {
  const made = Array.from({ length: 20_000 }, randomIds.uuid);
  expect(made.toSorted()).toEqual(made);
  expect(new Set(made).size).toBe(made.length);
});

test('of traces too none comes twice', () => {
  const made = Array.from({ length: 20_000 }, randomIds.trace);
  expect(new Set(made).size).toBe(made.length);
  for (const trace of made)
    expect(trace).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
