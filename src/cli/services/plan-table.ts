import type { Difference, PlanRow } from '../../domain/import-plan.ts';
import { scrub } from '../../lib/mask.ts';
import { count } from '../doctor/finding.ts';

const marks: Record<PlanRow['what'], string> = { new: '+', changed: '~', unchanged: '=', refused: '✗' };

const word = (value: unknown): string => {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ');
  return String(value);
};

const fills = (row: Extract<PlanRow, { what: 'new' }>): string[] => {
  const { generation, dataScope, metadata, maxValidityDays, validityMarginMinutes, template } = row.service;
  const message = row.service.messageRequired ? 'needed' : row.service.messageAllowed ? 'allowed' : 'not allowed';
  const less = validityMarginMinutes === undefined ? '' : ` less ${validityMarginMinutes} minutes`;
  return [
    `${generation}; data scope ${dataScope}; metadata ${word(metadata)}`,
    [
      maxValidityDays === undefined ? 'no longest validity is known' : `at most ${maxValidityDays} days${less}`,
      `message ${message}`,
      ...(template === undefined ? [] : [`template ${template}`]),
    ].join('; '),
  ];
};

const keptLine = ({ field, ours, theirs }: Difference): string =>
  `${field} stays ${word(ours)}, which is yours; the source says ${word(theirs)}`;

const detailsOf = (row: PlanRow): string[] => {
  switch (row.what) {
    case 'new':
      return [...fills(row), ...row.notes];
    case 'changed':
      return [
        ...row.changes.map(({ field, ours, theirs }) => `${field}: ${word(ours)} → ${word(theirs)}`),
        ...row.kept.map(keptLine),
        ...row.notes,
      ];
    case 'unchanged':
      return [...row.kept.map(keptLine), ...row.notes];
    case 'refused':
      return [row.why, ...row.notes];
  }
};

/** How it ends: for somebody who reads no more. */
const verdict = (plan: readonly PlanRow[], isApplied: boolean): string => {
  const many = (what: PlanRow['what']) => plan.filter((row) => row.what === what).length;
  const counts = `${many('new')} new, ${many('changed')} changed, ${many('unchanged')} unchanged, ${many('refused')} refused`;
  const owed = many('new') + many('changed');
  if (isApplied) return `${counts}. ${owed === 0 ? 'Nothing was done.' : 'Done.'}`;
  return `${counts}. ${owed === 0 ? 'There is nothing to do.' : `${count(owed, 'service waits', 'services wait')} for --apply.`}`;
};

/** + new, ~ changed, = unchanged, ✗ refused, with what would be filled and what stays as the operator wrote it. */
export const planTable = (plan: readonly PlanRow[], isApplied: boolean): string => {
  const keys = Math.max(0, ...plan.map(({ key }) => key.length));
  const whats = Math.max(0, ...plan.map(({ what }) => what.length));
  const lines = plan.flatMap((row) => [
    `${marks[row.what]} ${row.key.padEnd(keys)}  ${row.what.padEnd(whats)}  ${row.source}`,
    ...detailsOf(row).map((line) => `    ${line}`),
  ]);
  // What a registry wrote is for people to read, and nothing in it for the terminal to obey.
  const shown = [...lines, ...(lines.length > 0 ? [''] : []), verdict(plan, isApplied)].map((line) =>
    line.replace(/\p{Cc}/gu, ' '),
  );
  return scrub(`${shown.join('\n')}\n`);
};
