import fc from 'fast-check';
import { expect, test } from 'vitest';
import { catchUpPerSecond, evenedOut, nearMs, type Owed } from '../../src/domain/renewal-pace.ts';
import { momentsFor } from '../support/moments-for.ts';

const now = new Date('2026-11-24T12:00:00Z');
const at = (ms: number) => new Date(now.getTime() + ms);

const begun = (moved: readonly { dueAt: Date }[]): number[] =>
  moved.map(({ dueAt }) => dueAt.getTime() - now.getTime()).sort((a, b) => a - b);

/** The most that begin within any stretch of so long. */
const busiest = (times: readonly number[], stretchMs: number): number => {
  let most = 0;
  for (let from = 0, to = 0; to < times.length; to += 1) {
    while ((times[to] ?? 0) - (times[from] ?? 0) >= stretchMs) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
};

test('whoever comes, and how many at once: no second sees more renewals begin than may', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 400 }),
      fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 1, max: 200 })), { maxLength: 60 }),
      (mostPerSecond, comes) => {
        let [pacedUntilMs, nowMs] = [0, 0];
        const times: number[] = [];
        for (const [passed, wanted] of comes) {
          nowMs += passed;
          const { many, ...rest } = momentsFor(wanted, { pacedUntilMs, nowMs, mostPerSecond });
          pacedUntilMs = rest.pacedUntilMs;
          for (let one = 0; one < many; one += 1) times.push(nowMs);
        }
        expect(busiest(times, 1000)).toBeLessThanOrEqual(mostPerSecond);
      },
    ),
  );
});

test('an idle client’s moment is now, and those of a flood lie one after the other', () => {
  expect(momentsFor(1, { pacedUntilMs: 0, nowMs: 5000, mostPerSecond: 10 })).toEqual({
    many: 1,
    fromMs: 5000,
    pacedUntilMs: 5110,
  });
  expect(momentsFor(50, { pacedUntilMs: 0, nowMs: 5000, mostPerSecond: 110 })).toEqual({
    many: nearMs / 10 + 1,
    fromMs: 5000,
    pacedUntilMs: 5110,
  });
  expect(momentsFor(50, { pacedUntilMs: 9000, nowMs: 5000, mostPerSecond: 110 })).toMatchObject({
    many: 0,
    fromMs: 9000,
  });
});

/** So many tokens of 120 s, due evenly over their period, that nobody has renewed for so long. */
const afterStandstill = (many: number, standstillMs: number): (Owed & { number: number })[] =>
  Array.from({ length: many }, (_, number) => {
    const dueMs = (number * 84_000) / many - standstillMs;
    return { number, dueAt: at(dueMs), usableUntil: at(dueMs + 26_000), periodMs: 84_000 };
  });

test('after fifteen seconds all are renewed in time, an eighth faster than usual until they have caught up', () => {
  const owed = afterStandstill(20_000, 15_000);
  const moved = evenedOut(owed, now, 400);
  expect(catchUpPerSecond(owed, 400)).toBeCloseTo((8 / 7) * (20_000 / 84), 1);
  for (const { renewal, dueAt } of moved) {
    expect(dueAt >= renewal.dueAt).toBe(true);
    expect(dueAt < renewal.usableUntil).toBe(true);
  }
  expect(busiest(begun(moved), 60_000)).toBeLessThan(1.15 * 60 * (20_000 / 84));
  // In the order in which they were due.
  expect(moved.map(({ renewal }) => renewal.number)).toEqual(moved.map((_, index) => index));
});

test('after a minute those that can be saved come before those that have ended, and the pace is the same', () => {
  const moved = evenedOut(afterStandstill(20_000, 60_000), now, 400);
  expect(moved).toHaveLength(20_000);
  const saved = moved.filter(({ renewal }) => renewal.usableUntil > now);
  expect(saved.length).toBeGreaterThan(11_000);
  for (const { renewal, dueAt } of saved) expect(dueAt <= renewal.usableUntil).toBe(true);
  expect(busiest(begun(moved), 60_000)).toBeLessThan(1.15 * 60 * (20_000 / 84));
  const last = Math.max(...saved.map(({ dueAt }) => dueAt.getTime()));
  expect(moved.filter(({ renewal, dueAt }) => renewal.usableUntil <= now && dueAt.getTime() < last - 1000)).toEqual([]);
});

test('a token of a short life is not kept waiting behind those of a long one', () => {
  const long = afterStandstill(2000, 15_000);
  const short = { number: -1, dueAt: at(-1000), usableUntil: at(5000), periodMs: 21_000 };
  const found = evenedOut([...long, short], now, 400).find(({ renewal }) => renewal === short);
  expect(found && found.dueAt < short.usableUntil).toBe(true);
});

test('where nothing is overdue nothing is moved; the bound holds, with room beside it', () => {
  expect(evenedOut(afterStandstill(500, -1), now, 400)).toEqual([]);
  const moved = evenedOut(afterStandstill(20_000, 15_000), now, 100);
  expect(busiest(begun(moved), 1000)).toBeLessThanOrEqual(91);
});

test('moved once, they are where they would be moved to again', () => {
  const moved = evenedOut(afterStandstill(2000, 15_000), now, 400);
  const places = new Map(moved.map(({ renewal, dueAt }) => [renewal.number, dueAt]));
  const again = evenedOut(
    afterStandstill(2000, 15_000).map((owed) => ({ ...owed, dueAt: places.get(owed.number) ?? owed.dueAt })),
    now,
    400,
  );
  for (const { renewal, dueAt } of again)
    expect(Math.abs(dueAt.getTime() - renewal.dueAt.getTime())).toBeLessThan(1000);
});
