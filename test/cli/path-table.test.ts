import { expect, test } from 'vitest';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { pathTable, verdict } from '../../src/cli/doctor/path-table.ts';

const link = `https://am.ui.altinn.no/accessmanagement/ui/maskinporten?${'x'.repeat(60)}#suppliers`;
const findings: Finding[] = [
  { what: 'tenant', state: 'ok', says: 'Fjordbanken' },
  {
    what: 'token',
    state: 'wrong',
    says: 'An administrator of organisation 313876144 must delegate `skatteetaten:inntekt` to organisation 310149942.',
    mover: 'tenant',
    link,
    code: 'access-not-delegated',
    traceId: '8f2bda82a44b42e32193c0ed9bb9a100',
    part: 'Data',
  },
  { what: 'access list', state: 'untried', says: 'shows at the first consent alone', part: 'Data' },
];

test('lines keep within the terminal, and what one wants to copy is never broken', () => {
  const lines = pathTable('Tenant 313876144, sandbox', findings, 80).split('\n');
  expect(lines).toEqual([
    'Tenant 313876144, sandbox',
    '',
    '✓ tenant       Fjordbanken',
    '',
    'Data',
    '✗ token        An administrator of organisation 313876144 must delegate',
    '               `skatteetaten:inntekt` to organisation 310149942.',
    '               → the tenant’s move',
    `                 ${link}`,
    '                 /problems/access-not-delegated',
    '                 trace_id 8f2bda82a44b42e32193c0ed9bb9a100',
    '– access list  not tried: shows at the first consent alone',
    '',
    '1 thing does not work; 1 step was not tried.',
    '',
  ]);
  const widest = (columns: number | undefined) =>
    Math.max(
      ...pathTable('', findings.toSpliced(1, 1, { ...findings[1], link: '' } as Finding), columns)
        .split('\n')
        .map(({ length }) => length),
    );
  expect(widest(60)).toBeLessThanOrEqual(60);
  expect(widest(400)).toBeLessThanOrEqual(100);
  expect(widest(undefined)).toBeLessThanOrEqual(100);
});

test('the last sentence says it all', () => {
  const [fine, amiss, skipped] = findings as [Finding, Finding, Finding];
  expect(verdict([fine])).toBe('Everything works.');
  expect(verdict([fine, skipped])).toBe('What could be tried works; 1 step was not tried.');
  expect(verdict([amiss, amiss])).toBe('2 things do not work.');
});

test('a national identity number that got into a text is masked, whoever let it in', () => {
  const table = pathTable('', [{ what: 'client', state: 'wrong', says: 'none is called 25922947409' }], 80);
  expect(table).toContain('259229*****');
  expect(table).not.toContain('25922947409');
});
