import { boundsOf, monthOf } from '../../domain/usage.ts';
import { writtenSoon } from '../../lib/written-soon.ts';
import type { UsageCounter } from '../metrics-port.ts';
import type { Ports } from '../ports.ts';

/** Counted in memory, and added up in the database within this time. */
const writtenWithinMs = 1000;

/**
 * Calls for data leave nothing behind that could be counted later. As with tokens, what a process that is killed has not yet
 * written is lost, a second's worth at most.
 */
export const openUsageCounter = ({
  clock,
  store,
  log,
}: Pick<Ports, 'clock' | 'store' | 'log'>): UsageCounter & { close(): Promise<void> } => {
  let counted = new Map<string, { tenantId: string; month: string; count: number }>();

  let current = { month: '', start: 0, end: 0 };
  const thisMonth = (): string => {
    const now = clock.now();
    const time = now.getTime();
    if (time < current.start || time >= current.end) {
      const month = monthOf(now);
      const { start, end } = boundsOf({ from: month, to: month });
      current = { month, start: start.getTime(), end: end.getTime() };
    }
    return current.month;
  };

  const add = (tenantId: string, month: string, more: number): void => {
    const key = `${tenantId} ${month}`;
    const known = counted.get(key);
    if (known) known.count += more;
    else counted.set(key, { tenantId, month, count: more });
  };
  const write = async (isLast: boolean): Promise<void> => {
    const counts = [...counted.values()];
    counted = new Map();
    if (counts.length === 0) return;
    await store.addDataCalls(counts).catch((error: unknown) => {
      if (isLast) {
        const calls = counts.reduce((sum, { count }) => sum + count, 0);
        log.error(
          { error, calls },
          'calls for data of the last moments stay uncounted: the database did not take them',
        );
        return;
      }
      log.warn({ error, many: counts.length }, 'calls for data are not counted yet; they will be');
      for (const { tenantId, month, count } of counts) add(tenantId, month, count);
      soon.later();
    });
  };
  const soon = writtenSoon(write, writtenWithinMs);

  return {
    dataCall(tenantId) {
      add(tenantId, thisMonth(), 1);
      soon.later();
    },
    close: soon.close,
  };
};
