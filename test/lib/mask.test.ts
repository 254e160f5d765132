import { expect, test } from 'vitest';
import { openLog } from '../../src/lib/log.ts';
import { holdsNationalId, namesPerson, scrub } from '../../src/lib/mask.ts';

test.each([
  ['25922947409'],
  ['loan-25922947409'],
  ['/x/25922947409/y'],
  ['%32%35922947409'],
  ['urn:altinn:person:identifier-no:25922947409'],
  ['%2532%2535922947409'],
  ['259229 47409'],
  ['259229-47409'],
  ['259229.47409'],
  ['259229\u00a047409'],
  ['259229\u201347409'],
  ['259229+47409'],
  ['for=259229%2047409'],
  ['for=259229%C2%A047409'],
  ['abcdef25922947409'],
  ['ab25922947409cdef0123456789abcdex'],
  ['507f1f25922947409abcdeff'],
  ['loan_12345678901'],
  ['hub-202611-25922947409'],
])('%s holds a national identity number', (text) => {
  expect(holdsNationalId(text)).toBe(true);
});

test.each([
  ['313876144'],
  ['01a20b79-9333-7026-aa97-52516dda33e0'],
  ['00000000-0000-4000-8000-12345678901a'],
  ['ab25922947409cdef0123456789abcde'],
  ['traceparent=00-ab25922947409cdef0123456789abcde-00'],
  ['hub-202611-f12345678901abcd'],
  ['loan_ab25922947409cdef0123456789abcde'],
  ['507f1f12345678901abcdeff'],
  ['sha256:25922947409cdef0123456789abcdeffedcba9876543210fedcba987654321'.padEnd(71, 'e')],
  ['loan-4711'],
  ['259229474091'],
  ['259229 47408'],
  ['123456 78901'],
  ['123 456 789 01'],
  ['259229  47409'],
])('%s holds none', (text) => {
  expect(holdsNationalId(text)).toBe(false);
});

test.each([
  ['00000000-0000-4000-8000-12345678901a'],
  ['ab25922947409cdef0123456789abcde'],
  ['507f1f12345678901abcdeff'],
])('the name %s stays whole where numbers and tokens are taken out', (id) => {
  expect(scrub(`"${id}" 25922947409 Bearer eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln`)).toBe(
    `"${id}" 259229***** Bearer [token]`,
  );
});

test.each([
  ['about 259229 47409.', 'about 259229*****.'],
  ['259229-47409 and 259229\u00a047409', '259229***** and 259229*****'],
  ['an amount of 123456 78901 øre', 'an amount of 123456 78901 øre'],
])('%s is written without the number', (text, written) => {
  expect(scrub(text)).toBe(written);
});

test.each([
  ['Hei 259229 47409', true],
  ['Hei 259229\u00a047409!', true],
  ['Kari (25922947409)', true],
  ['account 12345678901', false],
  ['1 259229 47409 1', true],
  ['00000000-0000-4000-8000-a25922947409', false],
])('whether a text names a person is told by check digits: %s', (text, names) => {
  expect(namesPerson(text)).toBe(names);
});

test.each([
  ['\\neyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln', '\\n[token]'],
  ['%20eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0', '%20[token]'],
  ['a.b.eyJhbGciOiJSUzI1NiJ9.e30.x y', 'a.b.[token] y'],
  ['eyJhbGciOiJSUzI1NiJ9', 'eyJhbGciOiJSUzI1NiJ9'],
  ['eyJ.eyJ..eyJhbGci.x', 'eyJ.eyJ..eyJhbGci.x'],
])('a token is found whatever it is glued to: %s', (text, written) => {
  expect(scrub(text)).toBe(written);
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
