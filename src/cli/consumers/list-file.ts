import { readFileSync } from 'node:fs';
import type { WrittenRow } from '../../domain/owner-lists.ts';
import { readTable, TableFault, textOf } from '../read-table.ts';

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
  if (!Array.isArray(read)) throw new TableFault('it holds no list');
  return read.map((one: unknown, place) => {
    // A bare number will do, as text.
    if (typeof one === 'string' || typeof one === 'number') return { line: place + 1, orgno: String(one) };
    return rowOf(place + 1, Object.entries((one ?? {}) as object));
  });
};

const fromCsv = (bytes: Uint8Array): WrittenRow[] => {
  const { head, lines } = readTable(bytes);
  if (!head.some((name) => byName.get(name.trim().toLowerCase()) === 'orgno'))
    throw new TableFault('has no column orgno in its first line');
  return lines.map(({ line, fields }) =>
    rowOf(
      line,
      fields.map((value, place) => [head[place] ?? '', value] as const),
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
  const text = textOf(bytes);
  try {
    return /^\s*[[{]/.test(text) ? fromJson(text) : fromCsv(bytes);
  } catch (error) {
    // What a parser of JSON says of a file may hold what stands in it.
    throw new Error(`${path}: ${error instanceof TableFault ? error.message : 'it is neither CSV nor JSON'}`);
  }
};
