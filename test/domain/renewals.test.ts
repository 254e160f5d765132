import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  isUsedLately,
  lifeOf,
  nextRenewalOf,
  periodMs,
  type Renewable,
  renewalOf,
  steadyLife,
} from '../../src/domain/renewals.ts';
import { usableUntil } from '../../src/domain/token.ts';

const start = new Date('2026-11-24T12:00:00Z').getTime();
const minute = 60_000;

/** As it comes from Maskinporten: its life began when it was asked for. */
const fetched = (id: string, lifeSeconds: number, askedMs: number, tookMs = 0): Renewable => ({
  id,
  lifeSeconds,
  fetchedAt: new Date(askedMs + tookMs),
  expiresAt: new Date(askedMs + lifeSeconds * 1000),
});

const anyToken = fc
  .record({
    id: fc.uuid(),
    lifeSeconds: fc.constantFrom(30, 60, 119, 120, 600, 3600),
    at: fc.integer({ min: 0, max: 7_200_000 }),
    took: fc.double({ min: 0, max: 0.04, noNaN: true }),
  })
  .map(({ id, lifeSeconds, at, took }) => fetched(id, lifeSeconds, start + at, Math.round(took * lifeSeconds * 1000)));
const anyPart = fc.constantFrom(0.2, 0.33, 0.5, 0.7, 0.8);

test('each token has a place in the period, and is renewed there whenever it came', () => {
  fc.assert(
    fc.property(anyToken, anyPart, fc.integer({ min: 0, max: 7_200_000 }), (token, part, laterMs) => {
      const period = periodMs(token.lifeSeconds, part);
      const other = fetched(token.id, token.lifeSeconds, token.fetchedAt.getTime() + laterMs);
      expect((renewalOf(other, part).getTime() - renewalOf(token, part).getTime()) % period).toBe(0);
    }),
  );
});

test('a renewal leaves its token good for a twentieth of its life at least, and comes soon enough after a period', () => {
  fc.assert(
    fc.property(anyToken, anyPart, (token, part) => {
      const reserve = (token.expiresAt.getTime() - token.fetchedAt.getTime()) / 20;
      const period = periodMs(token.lifeSeconds, part);
      for (const next of [renewalOf(token, part), nextRenewalOf(token, part)]) {
        expect(next.getTime() + reserve - 1).toBeLessThan(usableUntil(token).getTime());
        expect(next.getTime()).toBeGreaterThan(token.fetchedAt.getTime());
        expect(next.getTime()).toBeLessThanOrEqual(token.fetchedAt.getTime() + 1.125 * period + 1);
      }
    }),
  );
});

test('one that came so late that little of it is left is renewed halfway, and not at once over and over', () => {
  const token = fetched('a', 30, start, 22_000);
  for (const next of [renewalOf(token, 0.7), nextRenewalOf(token, 0.7)]) {
    const waitMs = next.getTime() - token.fetchedAt.getTime();
    expect(waitMs).toBe(3400);
    expect(next < usableUntil(token)).toBe(true);
  }
});

/** Renewed again and again, each fetch taking a moment and beginning so late. */
const renewals = (id: string, lifeSeconds: number, part: number, forMs: number, lateMs = () => 0): number[] => {
  const begun: number[] = [];
  let token = fetched(id, lifeSeconds, start, 80);
  for (let due = renewalOf(token, part).getTime(); due < start + forMs; due = nextRenewalOf(token, part).getTime()) {
    const at = due + lateMs();
    begun.push(at);
    token = fetched(id, lifeSeconds, at, 80);
  }
  return begun;
};

test('from the first renewal on there is one in each period, also when each is a little late', () => {
  fc.assert(
    fc.property(
      fc.uuid(),
      fc.constantFrom(30, 120),
      anyPart,
      fc.integer({ min: 0, max: 500 }),
      (id, life, part, late) => {
        const period = periodMs(life, part);
        const begun = renewals(id, life, part, 20 * period, () => late);
        for (const [index, at] of begun.entries()) expect(at - (begun[0] ?? 0)).toBe(index * period);
      },
    ),
  );
});

test('one that was renewed late comes back to its place by an eighth of a period each time', () => {
  const period = periodMs(120, 0.7);
  const place = renewalOf(fetched('x', 120, start), 0.7).getTime();
  let token = fetched('x', 120, place + 15_000);
  const late: number[] = [];
  for (let time = 1; time <= 3; time += 1) {
    const next = nextRenewalOf(token, 0.7).getTime();
    late.push(next - place - time * period);
    token = fetched('x', 120, next);
  }
  expect(late).toEqual([4500, 0, 0]);
});

test('ten thousand tokens that came in the same second are renewed evenly from the first period on', () => {
  const ids = Array.from({ length: 10_000 }, (_, number) => `token-${number}`);
  const all = ids.flatMap((id, number) =>
    renewals(id, 120, 0.7, 10 * minute).map((at) => at + ((number * 7) % 1000) - start),
  );
  const minutes = Array.from({ length: 8 }, (_, index) => {
    const from = (index + 1.6) * minute;
    return all.filter((at) => at >= from && at < from + minute).length;
  });
  const usual = (10_000 * minute) / periodMs(120, 0.7);
  for (const many of minutes) expect(many / usual).toBeGreaterThan(0.95);
  for (const many of minutes) expect(many / usual).toBeLessThan(1.05);
});

test('a life that is a second more or less is the same life, another one is not', () => {
  expect(steadyLife(undefined, 119.6)).toBe(120);
  expect([119, 121, 114.1, 126].map((seconds) => steadyLife(120, seconds))).toEqual([120, 120, 120, 120]);
  expect([30, 100.4, 127].map((seconds) => steadyLife(120, seconds))).toEqual([30, 100, 127]);
  expect(lifeOf({ ...fetched('x', 120, start, 300), lifeSeconds: null })).toBe(120);
  expect(lifeOf({ ...fetched('x', 120, start, 300), lifeSeconds: 30 })).toBe(30);
});

test('used lately is within ten minutes', () => {
  const now = new Date(start);
  const ago = (ms: number) => new Date(start - ms);
  expect([ago(0), ago(6 * minute), ago(10 * minute), undefined].map((at) => isUsedLately(at, now))).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
