import { expect, test } from 'vitest';
import { openLog } from '../../src/lib/log.ts';
import type { Ports } from '../../src/usecases/ports.ts';
import type { TokenCount } from '../../src/usecases/token-store-port.ts';
import { openTokenCounter } from '../../src/usecases/tokens/count-tokens.ts';

const now = new Date('2026-11-24T12:00:00Z');

/** A counter whose database takes nothing until the test says so. */
const opened = (isAway: boolean) => {
  const lines: string[] = [];
  const taken: TokenCount[] = [];
  const store = {
    addTokenCounts: async (counts: readonly TokenCount[]) => {
      if (isAway) throw new Error('the database is away');
      taken.push(...counts);
    },
  } as unknown as Ports['store'];
  const counter = openTokenCounter({
    clock: { now: () => now },
    store,
    log: openLog('debug', (line) => lines.push(line)),
  });
  return { counter, lines, taken };
};

test('a process that closes writes what it has counted', async () => {
  const { counter, lines, taken } = opened(false);
  for (let many = 0; many < 3; many += 1) counter.count('tenant', 'key', 'a:b');
  await counter.close();
  expect(taken).toMatchObject([{ tenantId: 'tenant', keyId: 'key', scope: 'a:b', hour: now, count: 3 }]);
  expect(lines).toEqual([]);
});

test('what the database does not take at the very end is said to be lost, and how many tokens that were', async () => {
  const { counter, lines } = opened(true);
  for (let many = 0; many < 3; many += 1) counter.count('tenant', 'key', 'a:b');
  counter.count('tenant', 'key', 'c:d');
  await counter.close();
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: expect.anything(), tokens: 4, msg: expect.stringContaining('stay uncounted') },
  ]);
});
