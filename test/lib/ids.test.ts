import { expect, test } from 'vitest';
import { randomIds } from '../../src/lib/ids.ts';

test('ids sort as they were made, however many are made in a millisecond, and none comes twice', () => {
  const made = Array.from({ length: 20_000 }, randomIds.uuid);
  expect(made.toSorted()).toEqual(made);
  expect(new Set(made).size).toBe(made.length);
});
