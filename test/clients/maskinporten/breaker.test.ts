import { describe, expect, test } from 'vitest';
import { openBreaker, type Pass } from '../../../src/clients/maskinporten/breaker.ts';
import { movableClock } from '../../../src/lib/clock.ts';

const start = new Date('2026-02-03T10:00:00Z');

const given = () => {
  const clock = movableClock({ now: () => start });
  const changes: boolean[] = [];
  const breaker = openBreaker({ clock, onChange: (isOpen) => changes.push(isOpen) });
  const pass = (): Pass => {
    const entered = breaker.enter();
    if ('waitMs' in entered) throw new Error(`closed for ${entered.waitMs} ms`);
    return entered;
  };
  const waitMs = (): number => {
    const entered = breaker.enter();
    if (!('waitMs' in entered)) throw new Error('somebody may go through');
    return entered.waitMs;
  };
  const fail = (times: number): void => {
    for (let failed = 0; failed < times; failed += 1) pass().end('down');
  };
  return { clock, changes, breaker, pass, waitMs, fail };
};

describe('a breaker', () => {
  test('opens at the fifth failure in a row, and any answer begins the row anew', () => {
    const { breaker, pass, fail, waitMs, changes } = given();
    fail(4);
    pass().end('up');
    fail(4);
    expect(breaker.state()).toEqual({ isOpen: false, failures: 4 });
    fail(1);
    expect(waitMs()).toBe(1000);
    expect(changes).toEqual([true]);
  });

  test('lets one through after a second, then after two, four, and never more than thirty', () => {
    const { clock, pass, fail, waitMs, changes } = given();
    fail(5);
    const pauses: number[] = [];
    for (let tried = 0; tried < 7; tried += 1) {
      pauses.push(waitMs());
      clock.move(waitMs() - 1);
      expect(waitMs()).toBe(1);
      clock.move(1);
      const one = pass();
      expect(waitMs()).toBe(1000);
      one.end('down');
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    expect(changes).toEqual([true]);
  });

  test('is closed by the first answer, and its next pause is short again', () => {
    const { clock, pass, fail, waitMs, changes } = given();
    fail(5);
    clock.move(1000);
    fail(1);
    clock.move(2000);
    pass().end('up');
    fail(4);
    pass().end('up');
    fail(5);
    expect(waitMs()).toBe(1000);
    expect(changes).toEqual([true, false, true]);
  });

  test('is not kept open by what was sent before it opened, but closed by such an answer', () => {
    const { clock, pass, fail, waitMs, breaker } = given();
    const [slow, slower] = [pass(), pass()];
    fail(5);
    clock.move(600);
    slow.end('down');
    expect(waitMs()).toBe(400);
    slower.end('up');
    expect(breaker.state()).toEqual({ isOpen: false, failures: 0 });
  });

  test('lets the next one try when nothing came of the first', () => {
    const { clock, pass, fail, waitMs } = given();
    fail(5);
    clock.move(1000);
    const left = pass();
    left.end('unknown');
    const next = pass();
    left.end('down');
    expect(waitMs()).toBe(1000);
    next.end('down');
    expect(waitMs()).toBe(2000);
  });

  test('holds nobody longer because our clock was set back', () => {
    const { clock, pass, fail } = given();
    fail(5);
    clock.move(-3_600_000);
    expect(pass()).toBeDefined();
  });
});
