import { scrub } from '../../lib/mask.ts';
import type { TenantUsage } from '../../usecases/usage-port.ts';
import { csvCell } from '../csv-cell.ts';

const columns: [name: string, of: (row: TenantUsage) => string | number | boolean][] = [
  ['month', ({ month }) => month],
  ['tenant', ({ tenantId }) => tenantId],
  ['orgno', ({ orgno }) => orgno],
  ['name', ({ name }) => name],
  ['complete', ({ isComplete }) => (isComplete ? 'yes' : 'no')],
  ['consents_requested', ({ consentsRequested }) => consentsRequested],
  ['consents_accepted', ({ consentsAccepted }) => consentsAccepted],
  ['tokens_handed_out', ({ tokensHandedOut }) => tokensHandedOut],
  ['data_calls', ({ dataCalls }) => dataCalls],
  ['webhooks_delivered', ({ webhooksDelivered }) => webhooksDelivered],
];

/** A line for each tenant and month, and nothing that is no number of theirs. */
export const usageCsv = (rows: readonly TenantUsage[]): string =>
  [columns.map(([name]) => name), ...rows.map((row) => columns.map(([, of]) => csvCell(String(of(row)))))]
    .map((cells) => `${cells.join(',')}\r\n`)
    .join('');

const shown = columns.filter(([name]) => name !== 'tenant' && name !== 'complete');

/** The same for people; `*` where the month is not over. */
export const usageTable = (rows: readonly TenantUsage[]): string => {
  if (rows.length === 0) return 'There is no tenant.\n';
  const lines = [
    shown.map(([name]) => name.replaceAll('_', ' ')),
    ...rows.map((row) =>
      shown.map(([name, of]) => `${of(row)}${name === 'month' && !row.isComplete ? '*' : ''}`.replace(/\p{Cc}/gu, ' ')),
    ),
  ];
  const widths = shown.map((_, place) => Math.max(...lines.map((line) => line[place]?.length ?? 0)));
  const table = lines.map((line) =>
    line
      .map((cell, place) => (place < 3 ? cell.padEnd(widths[place] ?? 0) : cell.padStart(widths[place] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  const note = rows.every(({ isComplete }) => isComplete) ? [] : ['', '* is not over yet'];
  return scrub(`${[...table, ...note].join('\n')}\n`);
};
