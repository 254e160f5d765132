import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import type { WrittenRow } from '../../domain/owner-lists.ts';

const columns = ['orgno', 'name', 'scopes', 'accessLists', 'srrServices', 'validTo'] as const;
type Column = (typeof columns)[number];
const byName = new Map(columns.map((column) => [column.toLowerCase(), column]));
/** As spreadsheets in Norway head them. */
const others: [string, Column][] = [
  ['organisasjonsnummer', 'orgno'],
  ['orgnr', 'orgno'],
  ['navn', 'name'],
  ['gyldig til', 'validTo'],
];
for (const [name, column] of others) byName.set(name, column);

/** Text as spreadsheets save it: UTF-8 or UTF-16, with or without a mark of which at its beginning. */
const textOf = (bytes: Uint8Array): string => {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  if (second === 0) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // What Excel calls CSV, where the machine is not set to Unicode.
    return new TextDecoder('windows-1252').decode(bytes);
  }
};

/** Whatever stands between the first line's names. */
const delimiterOf = (text: string): string => {
  const [head = ''] = text.split(/\r?\n/, 1);
  const marks = [';', '\t', ','].map((mark) => ({ mark, many: head.split(mark).length }));
  return marks.reduce((most, one) => (one.many > most.many ? one : most)).mark;
};

/** What a cell of JSON says: a list is words with blanks between. */
const cell = (value: unknown): string | undefined => {
  if (value === null || value === undefined) return undefined;
  // A list of none is none, and not all.
  return Array.isArray(value) ? (value.length === 0 ? '-' : value.map(String).join(' ')) : String(value);
};

const rowOf = (line: number, fields: Iterable<readonly [string, unknown]>): WrittenRow => {
  const row: WrittenRow = { line };
  for (const [name, value] of fields) {
    const column = byName.get(name.trim().toLowerCase());
    const text = cell(value);
    if (column && text !== undefined) row[column] = text;
  }
  return row;
};

const fromJson = (text: string): WrittenRow[] => {
  const read: unknown = JSON.parse(text);
  if (!Array.isArray(read)) throw new Error('holds no list');
  return read.map((one: unknown, place) => {
    // A bare number will do, as text.
    if (typeof one === 'string' || typeof one === 'number') return { line: place + 1, orgno: String(one) };
    return rowOf(place + 1, Object.entries((one ?? {}) as object));
  });
};

const fromCsv = (text: string): WrittenRow[] => {
  const options = {
    delimiter: delimiterOf(text),
    bom: true,
    skip_empty_lines: true,
    relax_column_count: true,
    info: true,
  };
  const records = parse(text, options) as unknown as { record: string[]; info: { lines: number } }[];
  const [head, ...rest] = records;
  const names = head?.record ?? [];
  const isKnown = names.some((name) => byName.get(name.trim().toLowerCase()) === 'orgno');
  if (!isKnown) throw new Error('has no column orgno in its first line');
  return rest.map(({ record, info }) =>
    rowOf(
      info.lines,
      record.map((value, place) => [names[place] ?? '', value] as const),
    ),
  );
};

/** The operator's list of consumers, from a CSV with a first line of names, or from JSON. @throws Error when it is neither */
export const readListFile = (path: string): WrittenRow[] => {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch {
    throw new Error(`${path} cannot be read`);
  }
  const text = textOf(bytes).replace(/^\uFEFF/, '');
  try {
    return /^\s*[[{]/.test(text) ? fromJson(text) : fromCsv(text);
  } catch (error) {
    // What a parser says of a file may hold what stands in it.
    const own = error instanceof Error && /^(?:holds|has) no/.test(error.message);
    throw new Error(`${path} ${own ? error.message : 'is neither CSV nor JSON'}`);
  }
};
