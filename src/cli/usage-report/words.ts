import { parseArgs } from 'node:util';
import { type MonthSpan, monthsIn, mostMonths } from '../../domain/usage.ts';

const usage = `hub usage                        what each tenant used in the month that runs, in UTC
  --month 2026-11                in that month
  --from 2026-01 --to 2026-06    in each of these
  --csv                          as CSV, for whoever writes invoices
`;

type UsageWords = { span: MonthSpan | undefined; csv: boolean } | { usage: string };

const isMonth = (text: string): boolean => /^20\d\d-(?:0[1-9]|1[0-2])$/.test(text);

/** What was asked for on the command line; or what can be, where that is not understood. */
export const readWords = (words: readonly string[]): UsageWords => {
  const month = { type: 'string' } as const;
  const options = { month, from: month, to: month, csv: { type: 'boolean', default: false } } as const;
  try {
    const { values } = parseArgs({ args: [...words], options });
    const { month: one, from = one, to = one, csv } = values;
    if (from === undefined && to === undefined) return { span: undefined, csv };
    const isWhole = from !== undefined && to !== undefined && isMonth(from) && isMonth(to) && from <= to;
    if (!isWhole || (one !== undefined && (values.from ?? values.to) !== undefined)) return { usage };
    return monthsIn({ from, to }).length > mostMonths ? { usage } : { span: { from, to }, csv };
  } catch {
    return { usage };
  }
};
