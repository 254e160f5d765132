import { expect, test } from 'vitest';
import { openLog } from '../../src/lib/log.ts';
import type { Ports } from '../../src/usecases/ports.ts';
import { openUsageCounter } from '../../src/usecases/usage/count-usage.ts';

type Counts = Parameters<Ports['store']['addDataCalls']>[0];

/** A counter that is told what time it is, and what it has written when it closes. */
const opened = () => {
  let now = new Date();
  const written: Counts[number][] = [];
  const store = {
    addDataCalls: async (counts: Counts) => void written.push(...counts),
  } as unknown as Ports['store'];
  const counter = openUsageCounter({ clock: { now: () => now }, store, log: openLog('silent') });
  return {
    callAt(at: string, tenantId = 'bank') {
      now = new Date(at);
      counter.dataCall(tenantId);
    },
    async total() {
      await counter.close();
      const total: Record<string, number> = {};
      for (const { tenantId, month, count } of written) {
        const name = `${tenantId} ${month}`;
        total[name] = (total[name] ?? 0) + count;
      }
      return total;
    },
  };
};

test('a call counts in the month in which it came, by UTC, to the millisecond', async () => {
  const { callAt, total } = opened();
  callAt('2026-11-30T23:59:59.999Z');
  // A new day, and month, in Norway, and the old one still.
  callAt('2026-12-01T00:59:59+01:00');
  callAt('2026-12-01T00:00:00.000Z');
  callAt('2026-12-01T00:00:00.000Z', 'insurer');
  callAt('2026-12-31T23:59:59.999Z');
  callAt('2027-01-01T00:00:00.000Z');
  // Nobody called in February.
  callAt('2027-03-01T00:00:00.000Z');
  expect(await total()).toEqual({
    'bank 2026-11': 2,
    'bank 2026-12': 2,
    'insurer 2026-12': 1,
    'bank 2027-01': 1,
    'bank 2027-03': 1,
  });
});

test('a clock that is set back counts in the month before again, and then in the next', async () => {
  const { callAt, total } = opened();
  for (const at of ['2026-12-01T00:00:00.500Z', '2026-11-30T23:59:59.900Z', '2026-12-01T00:00:00.100Z']) callAt(at);
  expect(await total()).toEqual({ 'bank 2026-12': 2, 'bank 2026-11': 1 });
});
