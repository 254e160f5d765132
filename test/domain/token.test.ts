import { expect, test } from 'vitest';
import { renewalOf, safetyMarginMs } from '../../src/domain/token.ts';

const fetchedAt = new Date('2026-11-24T12:00:00Z');
const token = (id: string, lifeSeconds: number) => ({
  id,
  fetchedAt,
  expiresAt: new Date(fetchedAt.getTime() + lifeSeconds * 1000),
});
const after = (id: string, lifeSeconds: number, part: number) =>
  (renewalOf(token(id, lifeSeconds), part).getTime() - fetchedAt.getTime()) / 1000;

const first = '01a21002-202d-7fa7-96a8-c0ca00000000';
const last = '01a21002-202d-7fa7-96a8-c0caffffffff';

test.each([
  [first, 120, 0.7, 79.8],
  [last, 120, 0.7, 88.2],
  [first, 30, 0.7, 19.95],
  [last, 30, 0.8, 25.2],
])('a token is renewed at a part of its life, spread by its id: %s, %d s at %f', (id, life, part, expected) => {
  expect(after(id, life, part)).toBeCloseTo(expected, 2);
});

test('tokens that came together are renewed on average at the part asked for', () => {
  const ids = Array.from({ length: 1000 }, (_, place) => {
    const end = Math.floor((place / 1000) * 2 ** 32).toString(16);
    return `01a21002-202d-7fa7-96a8-c0ca${end.padStart(8, '0')}`;
  });
  const mean = ids.reduce((sum, id) => sum + after(id, 120, 0.7), 0) / ids.length;
  expect(mean).toBeCloseTo(84, 1);
});

test.each([30, 60, 120, 3600])('the latest renewal of a life of %d s leaves time before it is out of use', (life) => {
  expect(after(last, life, 0.8)).toBeLessThan(life - safetyMarginMs(life * 1000) / 1000 - 1);
});
