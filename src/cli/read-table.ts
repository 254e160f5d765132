import { CsvError, parse } from 'csv-parse/sync';

/** A line of a table as it stands in the file, its fields by the columns' places. */
export type TableLine = { line: number; fields: string[] };
export type Table = { head: string[]; lines: TableLine[] };

/** Said to whoever wrote the file; repeats nothing of what stands in it. */
export class TableFault extends Error {}

const decoded = (bytes: Uint8Array, encoding: string): string => new TextDecoder(encoding).decode(bytes);

const isUtf8 = (bytes: Uint8Array): boolean => {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
};

/** Text of our alphabet in UTF-16 has a zero in every other byte, and no other encoding has any. */
const utf16Without = (bytes: Uint8Array): string | undefined => {
  const start = bytes.subarray(0, 1000);
  const zeros = (from: 0 | 1) => start.filter((byte, place) => place % 2 === from && byte === 0).length;
  const [even, odd] = [zeros(0), zeros(1)];
  if (even + odd < start.length / 4) return undefined;
  return odd > even ? 'utf-16le' : 'utf-16be';
};

/** As spreadsheets save it: UTF-8 or UTF-16 with or without a mark at the beginning, or else Windows' own. */
export const textOf = (bytes: Uint8Array): string => {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return decoded(bytes, 'utf-16le');
  if (first === 0xfe && second === 0xff) return decoded(bytes, 'utf-16be');
  const wide = utf16Without(bytes);
  if (wide) return decoded(bytes, wide);
  return isUtf8(bytes) ? decoded(bytes, 'utf-8') : decoded(bytes, 'windows-1252');
};

const separators = [';', '\t', ','] as const;

/** What stands most often between the columns' names; Excel may say it itself, in a line before them. */
const separatorOf = (text: string): { separator: string; skip: number } => {
  const told = /^sep=(.)(?:\r\n|\n|\r)/i.exec(text);
  if (told?.[1] !== undefined) return { separator: told[1], skip: told[0].length };
  const head = (/^[^\r\n]*/.exec(text.trimStart())?.[0] ?? '').replace(/"[^"]*"/g, '');
  const often = (separator: string) => head.split(separator).length;
  const separator = separators.reduce<string>((best, one) => (often(one) > often(best) ? one : best), ',');
  return { separator, skip: 0 };
};

/** @throws TableFault */
export const readTable = (bytes: Uint8Array): Table => {
  const text = textOf(bytes);
  const { separator, skip } = separatorOf(text);
  const options = {
    delimiter: separator,
    info: true,
    trim: true,
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
  };
  try {
    // Its types know nothing of what `info` makes of the answer.
    const found = parse(text.slice(skip), options) as unknown as { record: string[]; info: { lines: number } }[];
    const [head, ...lines] = found.map(({ record, info }) => ({
      line: info.lines + (skip > 0 ? 1 : 0),
      fields: record,
    }));
    if (!head) throw new TableFault('there is nothing in it');
    return { head: head.fields, lines };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new TableFault(`line ${String(error['lines'])} cannot be read: a quote is missing there, or one too many`);
  }
};
