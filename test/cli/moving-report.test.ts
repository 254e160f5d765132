import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { csvLine, openReport } from '../../src/cli/moving/report.ts';
import { openBar } from '../../src/cli/progress-bar.ts';
import type { MovingRow } from '../../src/usecases/consents/move-consents.ts';

const row = (change: Partial<MovingRow> = {}): MovingRow => ({
  ...{
    id: '0193627c-9c3e-7d1a-b0a4-6f8f2a1c5e77',
    status: 'accepted',
    from: ['tax-2'],
    to: [],
    outcome: 'stays',
    notes: [],
  },
  ...change,
});

test('a cell is quoted where it must be, is no formula, and holds no number of a person', () => {
  expect(csvLine(row({ why: 'it says "no", twice' }))).toContain(',stays,"it says ""no"", twice",');
  expect(csvLine(row({ why: '=1+1' }))).toContain(",'=1+1,");
  // Where fields end at semicolons or tabs, the rest of it is one that begins.
  expect(csvLine(row({ why: 'Bank;=1+1' }))).toContain(`,"Bank;'=1+1",`);
  expect(csvLine(row({ why: 'Bank;\t @SUM(A1)' }))).not.toMatch(/[;\t,]\s*@/);
  expect(csvLine(row({ why: 'Bank\n-1' }))).toContain(`"Bank\n'-1"`);
  expect(csvLine(row({ why: 'Vest-Bank; og så = slik' }))).toContain('"Vest-Bank; og så = slik"');
  expect(csvLine(row({ why: 'of 25922947409' }))).toContain('259229*****');
});

test('fifty are shown and all are counted, the commonest reason first', () => {
  const report = openReport();
  for (let n = 0; n < 60; n += 1) report.add(row({ why: n % 3 === 0 ? 'rare' : 'common' }));
  report.add(row({ outcome: 'moved', to: ['tax-3'] }));
  const lines = report.text(2).split('\n');
  expect(lines.filter((line) => line.startsWith('✗'))).toHaveLength(50);
  expect(lines.slice(-6)).toEqual([
    'What stays, and why:',
    '  40 × common',
    '  20 × rare',
    '',
    '1 consent has moved; 60 stay; 2 not looked at: run it again.',
    '',
  ]);
});

test('a bar is drawn where somebody watches, and at its end stands full', () => {
  const drawn = (isTTY: boolean) => {
    const out = Object.assign(new PassThrough(), { isTTY }) as unknown as NodeJS.WriteStream & PassThrough;
    const bar = openBar(4, out);
    bar.at(1);
    bar.end(4);
    return String(out.read() ?? '');
  };
  expect(drawn(false)).toBe('');
  expect(drawn(true)).toMatch(/^\r█{8}░{22} 1 of 4\r█{30} 4 of 4\n$/);
});
