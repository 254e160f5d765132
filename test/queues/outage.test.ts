import { expect, test } from 'vitest';
import { openLog } from '../../src/lib/log.ts';
import { openOutage } from '../../src/queues/outage.ts';

test('what fails again and again while something is away is one line when it goes and one when it is back', () => {
  const lines: Record<string, unknown>[] = [];
  const log = openLog('debug', (line) => lines.push(JSON.parse(line)));
  const outage = openOutage(log, { engine: 'redis' }, 'it is away', 'it is back');
  outage.over();
  for (let time = 0; time < 200; time += 1) outage.noted(new Error('refused'));
  outage.over();
  outage.over();
  outage.noted(new Error('refused'));
  expect(lines).toMatchObject([
    { level: 'warn', engine: 'redis', error: { message: 'refused' }, msg: 'it is away' },
    { level: 'info', engine: 'redis', times: 200, seconds: 0, msg: 'it is back' },
    { level: 'warn', msg: 'it is away' },
  ]);
});
