import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { silentLog } from '../../src/lib/log.ts';
import { openKeyGuard } from '../../src/usecases/events/guard-keys.ts';

const key = { tenantId: 'bank', keyId: 'app' };

/** A database that answers as it is told; `hear` is a notice. */
const openGuard = (keysInForce: (ids: string[]) => Promise<Set<string>>) => {
  const listeners = new Set<() => void>();
  const asked: string[][] = [];
  const store = {
    keysInForce: (keys: readonly { keyId: string }[]) => {
      const ids = keys.map(({ keyId }) => keyId);
      asked.push(ids);
      return keysInForce(ids);
    },
  };
  const guard = openKeyGuard({
    clock: { now: () => new Date() },
    store,
    log: silentLog,
    notices: {
      tell: () => {},
      on: (_topic, listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  });
  return { guard, asked, listeners };
};

const all = async (ids: string[]) => new Set(ids);

// Seconds are what this is about, and none of the machine's own may be among them.
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
/** Time passes until it is so. */
const pass = async (what: string, isSo: () => boolean) => {
  for (let ms = 0; !isSo(); ms += 10) {
    if (ms > 60_000) throw new Error(`a minute passed without ${what}`);
    await vi.advanceTimersByTimeAsync(10);
  }
};

test('where the database stops answering, streams end before anybody could have read five seconds too long', async () => {
  let isAway = false;
  const { guard } = openGuard((ids) => (isAway ? new Promise(() => {}) : all(ids)));
  const guarded = await guard(key);
  isAway = true;
  const awayAt = performance.now();
  await pass('its end', () => guarded.over.aborted);
  expect(performance.now() - awayAt).toBeLessThan(5000);
  expect(guarded.over.reason).toBe('unsure');
  guarded.leave();
});

test('an outage shorter than that ends nothing, and the next look goes on from there', async () => {
  let failures = 0;
  const { guard, asked } = openGuard((ids) => {
    if (asked.length > 1 && failures < 2) {
      failures += 1;
      return Promise.reject(new Error('away'));
    }
    return all(ids);
  });
  const guarded = await guard(key);
  await pass('looks after the outage', () => asked.length > 4);
  expect(failures).toBe(2);
  expect(guarded.over.aborted).toBe(false);
  guarded.leave();
});

test('many streams with one key are one question, a notice asks at once, and nobody asks when all have left', async () => {
  const inForce = new Set(['app', 'other']);
  const { guard, asked, listeners } = openGuard(async () => new Set(inForce));
  const many = await Promise.all(Array.from({ length: 50 }, () => guard(key)));
  const other = await guard({ tenantId: 'bank', keyId: 'other' });
  expect(asked.length).toBeLessThan(5);
  for (const ids of asked) expect(new Set(ids).size).toBe(ids.length);
  inForce.delete('app');
  const before = asked.length;
  for (const hear of listeners) hear();
  await vi.advanceTimersByTimeAsync(0);
  expect(many.every(({ over }) => over.aborted)).toBe(true);
  expect(asked.length).toBe(before + 1);
  expect(many[0]?.over.reason).toBe('stopped');
  expect(other.over.aborted).toBe(false);
  for (const one of [...many, other]) one.leave();
  expect(listeners.size).toBe(0);
});
