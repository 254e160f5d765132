import { expect, test } from 'vitest';
import { movableClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import type { Ports } from '../../src/usecases/ports.ts';
import { noteUse } from '../../src/usecases/tokens/note-use.ts';
import { until } from '../support/until.ts';

test('a token was used when it was used, however much later that is written', async () => {
  const clock = movableClock();
  const written: { id: string; at: Date }[] = [];
  const store = {
    noteUses: async (uses: typeof written) => void written.push(...uses),
  } as unknown as Ports['store'];
  const isUsed = noteUse({ clock, store, log: silentLog });
  const before = clock.now();
  isUsed('tenant', 'one');
  const after = clock.now();
  clock.move(11 * 60_000);
  isUsed('tenant', 'other');
  await until('both to be written', () => written.length === 2);
  const [one, other] = written;
  expect([one?.id, other?.id]).toEqual(['one', 'other']);
  expect(one?.at.getTime()).toBeGreaterThanOrEqual(before.getTime());
  expect(one?.at.getTime()).toBeLessThanOrEqual(after.getTime());
  expect(Number(other?.at.getTime()) - Number(one?.at.getTime())).toBeGreaterThanOrEqual(11 * 60_000);
});
