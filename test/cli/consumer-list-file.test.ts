import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readListFile } from '../../src/cli/consumers/list-file.ts';
import { readWords } from '../../src/cli/consumers/words.ts';

const directory = mkdtempSync(join(tmpdir(), 'hub-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const read = (content: string | Uint8Array) => {
  const path = join(directory, 'list');
  writeFileSync(path, content);
  return readListFile(path);
};
const rows = [{ line: 2, orgno: '313876144', name: 'Sør; bank', scopes: '' }];
const csv = (mark: string) => `orgno${mark}name${mark}scopes\n313876144${mark}"Sør; bank"${mark}\n`;

test.each([
  ['commas', csv(',')],
  ['semicolons, a mark of UTF-8 and Windows’ line ends', `\uFEFF${csv(';').replaceAll('\n', '\r\n')}`],
  ['tabs, in UTF-16 with a mark', Buffer.from(`\uFEFF${csv('\t')}`, 'utf16le')],
  ['UTF-16 without a mark', Buffer.from(csv(';'), 'utf16le')],
  ['UTF-16 with the high byte first', Buffer.from(`\uFEFF${csv(';')}`, 'utf16le').swap16()],
  ['Windows’ own letters', Buffer.from(csv(';'), 'latin1')],
])('a CSV is read as it comes: %s', (_, content) => {
  expect(read(content)).toEqual(rows);
});

test('JSON is a list of numbers, or of objects with lists in them', () => {
  const written = [313876144, { orgno: '910514318', name: 'Foretaket', scopes: ['a:b', 'a:c'], accessLists: [] }];
  expect(read(JSON.stringify(written))).toEqual([
    { line: 1, orgno: '313876144' },
    { line: 2, orgno: '910514318', name: 'Foretaket', scopes: 'a:b a:c', accessLists: '-' },
  ]);
});

test.each([
  ['a,b\n1,2', 'has no column orgno'],
  ['', 'there is nothing in it'],
  ['{"orgno": "313876144"}', 'holds no list'],
  ['[nothing', 'is neither CSV nor JSON'],
  ['orgno,name\n313876144,"open', 'line 2 cannot be read: a quote is missing there'],
])('what is no list is told so: %j', (content, why) => {
  expect(() => read(content)).toThrow(why);
});

test.each([
  [['list', '--file', 'x']],
  [['sync']],
  [['sync', '--file', 'x', '--only', 'everything']],
  [['sync', '--file', 'x', '--none']],
])('words that say nothing get the usage: %j', (words) => {
  expect(readWords(words)).toHaveProperty('usage');
});
