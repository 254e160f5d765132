import { expect, test } from 'vitest';
import { openLog } from '../../src/lib/log.ts';
import { holdsNationalId, scrub } from '../../src/lib/mask.ts';

test.each([
  ['25922947409'],
  ['loan-25922947409'],
  ['/x/25922947409/y'],
  ['%32%35922947409'],
  ['urn:altinn:person:identifier-no:25922947409'],
  ['%2532%2535922947409'],
])('%s holds a national identity number', (text) => {
  expect(holdsNationalId(text)).toBe(true);
});

test.each([
  ['313876144'],
  ['01a20b79-9333-7026-aa97-52516dda33e0'],
  ['00000000-0000-4000-8000-12345678901a'],
  ['loan-4711'],
  ['259229474091'],
])('%s holds none', (text) => {
  expect(holdsNationalId(text)).toBe(false);
});

test('uuids stay whole where numbers and tokens are taken out', () => {
  const id = '00000000-0000-4000-8000-12345678901a';
  expect(scrub(`${id} 25922947409 Bearer eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln`)).toBe(
    `${id} 259229***** Bearer [token]`,
  );
});

test('whatever is logged, no number and no token gets out, in an error’s message and cause neither', () => {
  const lines: string[] = [];
  const log = openLog('debug', (line) => lines.push(line));
  const number = '25922947409';
  log.error(
    { error: new Error(`no ${number}`, { cause: new Error(`${number}`) }), deep: { er: [number] } },
    `about ${number}`,
  );
  expect(lines.join('')).toContain('259229*****');
  expect(lines.join('')).not.toContain(number);
});
