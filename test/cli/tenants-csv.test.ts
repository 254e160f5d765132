import { expect, test } from 'vitest';
import { readTable } from '../../src/cli/read-table.ts';
import { readRows } from '../../src/cli/tenants/read-rows.ts';

const read = (bytes: Uint8Array) => readRows(readTable(bytes));
const rowsOf = (text: string) => read(Buffer.from(text)).rows;

const bank = {
  orgno: '313876144',
  name: 'Sparebanken Øst & Ærlig',
  services: ['ske-inntekt', 'ske-skattegrunnlag'],
  redirectUrls: ['https://bank.example/a,b', 'no.bank.app://done'],
  language: 'nn',
  expiringDays: 14,
};

const text = (separator: string, end = '\r\n') =>
  [
    ['Organisasjonsnummer', 'Navn', 'Tjenester', 'Returadresser', 'Målform', 'Varseldager', 'Kontakt'],
    ['313 876 144', bank.name, 'ske-inntekt|ske-skattegrunnlag', bank.redirectUrls.join(' '), 'Nynorsk', '14', 'Kari'],
    ['', '', '', '', '', '', ''],
    ['991825827', 'Forsikringen', '', '', '', '', ''],
  ]
    .map((fields) =>
      fields.map((field) => (/[,;\t"]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(separator),
    )
    .join(end);

const utf16be = (from: string) => Buffer.from(from, 'utf16le').swap16();
const windows = (from: string) => Buffer.from(from, 'latin1');

test.each([
  ['UTF-8, comma', Buffer.from(text(','))],
  ['UTF-8 with its mark, semicolon', Buffer.from(`\ufeff${text(';')}`)],
  ['UTF-8, tab, bare line feeds', Buffer.from(text('\t', '\n'))],
  ['UTF-8, semicolon, carriage returns alone', Buffer.from(text(';', '\r'))],
  ['UTF-16 LE with its mark', Buffer.from(`\ufeff${text(';')}`, 'utf16le')],
  ['UTF-16 LE without', Buffer.from(text('\t'), 'utf16le')],
  ['UTF-16 BE with its mark', utf16be(`\ufeff${text(',')}`)],
  ['UTF-16 BE without', utf16be(text(';'))],
  ['Windows-1252, semicolon', windows(text(';'))],
  ['what Excel says of itself before it', Buffer.from(`sep=;\r\n${text(';')}`)],
])('a list is read as spreadsheets save it: %s', (_, bytes) => {
  const { rows, unread } = read(bytes);
  expect(rows.map(({ row }) => row)).toEqual([bank, { orgno: '991825827', name: 'Forsikringen' }]);
  expect(unread).toEqual(['Kontakt']);
});

test.each([
  ['services by comma, in a list by semicolon', 'orgno;services\n313876144;a,b', { services: ['a', 'b'] }],
  ['services by blanks', 'ORGNO,SERVICES\n313876144,a b', { services: ['a', 'b'] }],
  ['kept from reckoning', 'Org.nr.;Name\n="313876144";Bank', { name: 'Bank' }],
  ['with its VAT letters', 'org nr;navn\nNO 313 876 144 MVA;Bank', { name: 'Bank' }],
  [
    'a name with a quote, a comma and a line break in it',
    'orgno,name\n313876144,"A ""B"", C\nD"',
    { name: 'A "B", C\nD' },
  ],
  [
    'addresses by comma',
    'orgno;redirectUrls\n313876144;https://a.no/x,https://a.no/y',
    { redirectUrls: ['https://a.no/x', 'https://a.no/y'] },
  ],
])('fields: %s', (_, table, more) => {
  expect(rowsOf(table)).toEqual([expect.objectContaining({ row: { orgno: '313876144', ...more } })]);
});

test.each([
  ['nothing at all', '', 'there is nothing in it'],
  ['no column of numbers', 'navn;tjenester\nBank;a', 'one of them orgno'],
  ['two columns of numbers', 'orgno;organisasjonsnummer\n1;2', 'two columns for orgno'],
  ['a quote that is not closed', 'orgno,name\n313876144,"Bank\n991825827,x', 'a quote is missing'],
])('a list that cannot be read says why, and repeats nothing: %s', (_, table, told) => {
  expect(() => rowsOf(table)).toThrow(told);
});

test('a row that is not whole is named by its line, and the others are read', () => {
  expect(rowsOf('orgno,name,expiringDays\n313876144,a,b,c,d\n991825827,x,soon\n\n974760673,y,7')).toMatchObject([
    { line: 2, fault: expect.stringContaining('more fields') },
    { line: 3, fault: 'expiringDays must be a whole number' },
    { line: 5, row: { orgno: '974760673', expiringDays: 7 } },
  ]);
});
