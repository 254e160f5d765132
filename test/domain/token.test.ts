import { expect, test } from 'vitest';
import { usableUntil } from '../../src/domain/token.ts';

const fetchedAt = new Date('2026-11-24T12:00:00Z');
const after = (seconds: number) => new Date(fetchedAt.getTime() + seconds * 1000);

test.each([
  [120, 109.9, true],
  [120, 110, false],
  [30, 26.9, true],
  [30, 27, false],
])('a token of %d s is handed out at %f s: %s', (life, at, isUsable) => {
  expect(after(at) < usableUntil({ fetchedAt, expiresAt: after(life) })).toBe(isUsable);
});
