import { scrub } from '../../lib/mask.ts';
import { csvCell } from '../csv-cell.ts';
import { count } from '../doctor/finding.ts';
import type { Outcome } from './import-calls.ts';
import type { FileRow } from './read-rows.ts';

/** A row of the file with what the hub said of it. */
export type Told = { file: FileRow; outcome: Outcome };

const marks: Record<Outcome['what'], string> = { new: '+', changed: '~', unchanged: '=', refused: '✗' };

const word = (value: unknown): string => {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ');
  return String(value);
};

const detailsOf = ({ file: { row }, outcome }: Told): string[] => [
  ...(outcome.what === 'new'
    ? [`services ${word(row.services ?? [])}; redirectUrls ${word(row.redirectUrls ?? [])}`]
    : []),
  ...outcome.changes.map(({ field, ours, theirs }) => `${field}: ${word(ours)} → ${word(theirs)}`),
  ...(outcome.problem ? [outcome.problem.detail] : []),
  ...(outcome.invites ? ['is invited'] : []),
];

const many = (told: readonly Told[], what: Outcome['what']): number =>
  told.filter(({ outcome }) => outcome.what === what).length;

export const countsOf = (told: readonly Told[]): string =>
  `${many(told, 'new')} new, ${many(told, 'changed')} changed, ${many(told, 'unchanged')} unchanged, ${many(told, 'refused')} refused`;

/** What waits to be done. */
export const owedIn = (told: readonly Told[]): number =>
  told.filter(({ outcome: { what, invites } }) => what === 'new' || what === 'changed' || invites).length;

/** + new, ~ changed, = unchanged, ✗ refused; those that stay as they are are only counted. */
export const planTable = (told: readonly Told[]): string => {
  const shown = told.filter(({ outcome: { what, invites } }) => what !== 'unchanged' || invites);
  const width = String(Math.max(0, ...told.map(({ file }) => file.line))).length;
  const lines = shown.flatMap((one) => {
    const { file, outcome } = one;
    const orgno = (outcome.orgno ?? '').slice(0, 12).padEnd(9);
    return [
      `${marks[outcome.what]} line ${String(file.line).padStart(width)}  ${orgno}  ${outcome.what.padEnd(9)}  ${file.row.name?.slice(0, 60) ?? ''}`.trimEnd(),
      ...detailsOf(one).map((line) => `    ${line}`),
    ];
  });
  const owed = owedIn(told);
  const end = `${countsOf(told)}. ${owed === 0 ? 'There is nothing to do.' : `${count(owed, 'row waits', 'rows wait')} for --apply.`}`;
  // What somebody wrote into a table is for people to read, and nothing in it for the terminal to obey.
  return scrub(
    [...lines, ...(lines.length > 0 ? [''] : []), end].map((line) => `${line.replace(/\p{Cc}/gu, ' ')}\n`).join(''),
  );
};

export const reportHead = 'line,orgno,tenantId,outcome,why,invitation\r\n';

/** What happened to a row. Its link is written as it is: it may look like anything. */
export const reportLine = ({ file, outcome }: Told): string => {
  const { orgno, tenantId, what, problem, invitation } = outcome;
  const done = { new: 'created', changed: 'changed', unchanged: 'unchanged', refused: 'refused' }[what];
  const told = [String(file.line), orgno ?? '', tenantId ?? '', done, problem?.detail ?? ''].map(csvCell);
  return `${scrub(told.join(','))},${csvCell(invitation?.link ?? '')}\r\n`;
};
