import { writtenSoon } from '../../lib/written-soon.ts';
import type { TokenCounter } from '../metrics-port.ts';
import type { Ports } from '../ports.ts';
import type { TokenCount } from '../token-store-port.ts';

/** Tokens handed out are counted in memory and added up in the database within this time. */
const writtenWithinMs = 1000;
const hourMs = 60 * 60 * 1000;

/**
 * Counts every token that leaves the hub, by the API key it left with: never in the way of whoever asks. What a process
 * that is killed has not yet written, a second's worth at most, is lost; so is what the database does not take while one closes.
 */
export const openTokenCounter = ({
  clock,
  store,
  log,
}: Pick<Ports, 'clock' | 'store' | 'log'>): TokenCounter & { close(): Promise<void> } => {
  /** By API key, then scope: of one hour, the latest. */
  let counted = new Map<string, Map<string, TokenCount>>();
  let full: TokenCount[] = [];

  const write = async (isLast: boolean): Promise<void> => {
    const counts = [...full, ...[...counted.values()].flatMap((byScope) => [...byScope.values()])];
    counted = new Map();
    full = [];
    if (counts.length === 0) return;
    await store.addTokenCounts(counts).catch((error: unknown) => {
      if (isLast) {
        const tokens = counts.reduce((sum, { count }) => sum + count, 0);
        log.error(
          { error, tokens },
          'tokens handed out in the last moments stay uncounted: the database did not take them',
        );
        return;
      }
      log.warn({ error, many: counts.length }, 'tokens handed out are not counted yet; they will be');
      full.push(...counts);
      soon.later();
    });
  };
  const soon = writtenSoon(write, writtenWithinMs);

  return {
    count(tenantId: string, keyId: string, scope: string): void {
      const lastAt = clock.now();
      const time = lastAt.getTime();
      const byScope = counted.get(keyId) ?? new Map<string, TokenCount>();
      const known = byScope.get(scope);
      if (known && time - known.hour.getTime() < hourMs) {
        known.count += 1;
        known.lastAt = lastAt;
        return;
      }
      if (known) full.push(known);
      counted.set(
        keyId,
        byScope.set(scope, { tenantId, keyId, scope, hour: new Date(time - (time % hourMs)), count: 1, lastAt }),
      );
      soon.later();
    },
    close: soon.close,
  };
};
