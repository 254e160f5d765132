import { describe, expect, test } from 'vitest';
import { dataPathFault, dataPatternOf, filledPath, matches, segmentsOf } from '../../src/domain/data-path.ts';
import { dataHeaderFault, dataSourceOf, usualRequestHeaders } from '../../src/domain/data-source.ts';
import { Problem } from '../../src/domain/problem.ts';
import { service } from '../http/given.ts';

const codeOf = (path: string): string | undefined => {
  try {
    segmentsOf(path);
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error.code;
    throw error;
  }
};

/** What it becomes for the data source; undefined where it is not let out. */
const outOf = (pattern: string, path: string, method = 'GET'): string | undefined => {
  const read = dataPatternOf(pattern);
  if (!read) throw new Error(`${pattern} is none`);
  const segments = segmentsOf(path);
  return matches(read, method, segments) ? filledPath(read, segments, () => '25922947409') : undefined;
};

describe('a path that somebody might read in another way', () => {
  test.each([
    '..',
    'a/../b',
    'a/./b',
    'a/%2e%2e/b',
    'a/%2E./b',
    'a/%252e%252e/b',
    'a/%25252e/b',
    'a/..;/b',
    'a/..%3bx/b',
    'a/%E2%80%A5/b', // ‥ folds into two dots
    'a/%EF%BC%8E%EF%BC%8E/b', // full-width dots
    'a//b',
    '/a',
    'a%2fb',
    'a%2Fb',
    'a%252fb',
    'a%E2%84%80b', // ℀ folds into a/c
    'a\\b',
    'a%5cb',
    'a%255cb',
    'a%EF%BC%BCb',
    'a%00b',
    'a%0d%0ab',
    'a%2500b',
    'a%7fb',
    'a%c0%afb',
    'a/b%3Fc',
    'a/..%3F',
    'a/b%23c',
    'a/..%20/b',
    'a/..%253F',
    'a%zzb',
    'a/100%25', // a second reader would find no escape behind it
    'a%',
    'a b',
    'å',
    'a'.repeat(2001),
    '',
    '/',
  ])('%j is not passed on', (path) => {
    expect(codeOf(path)).toBe('data-path-invalid');
  });

  test.each(['a', 'a/b', 'a/', 'a/b%20c', '%7Bfrom%7D', '{from}', 'a.b/..c', 'a:b/c,d', '%C3%A5r'])(
    '%j is plain',
    (path) => {
      expect(codeOf(path)).toBeUndefined();
    },
  );
});

describe('a pattern', () => {
  test('is filled in where it says so, and nowhere else', () => {
    expect(outOf('GET /inntekt/{from}', 'inntekt/%7Bfrom%7D')).toBe('/inntekt/25922947409');
    expect(outOf('GET /inntekt/{from}', 'inntekt/{from}')).toBe('/inntekt/25922947409');
    expect(outOf('GET /inntekt/{year}', 'inntekt/{from}')).toBe('/inntekt/%7Bfrom%7D');
    expect(outOf('GET /inntekt/{from}', 'inntekt/2024')).toBeUndefined();
    expect(outOf("GET /person(nr='{from}',aar={year})", "person(nr='{from}',aar=2024)")).toBe(
      "/person(nr='25922947409',aar=2024)",
    );
  });

  test('lets out its own method and its own segments, to the letter', () => {
    expect(outOf('GET /inntekt/{from}', 'inntekt/{from}', 'POST')).toBeUndefined();
    expect(outOf('POST /inntekt/{from}', 'inntekt/{from}', 'POST')).toBe('/inntekt/25922947409');
    expect(outOf('GET /inntekt/{from}', 'Inntekt/{from}')).toBeUndefined();
    expect(outOf('GET /inntekt/{from}', 'inntekt/{from}/')).toBeUndefined();
    expect(outOf('GET /inntekt/{from}', 'inntekt/{from}/more')).toBeUndefined();
    expect(outOf('GET /a.b', 'axb')).toBeUndefined();
    expect(outOf('GET /a/', 'a/')).toBe('/a/');
    expect(outOf('GET /aar/{year}', 'aar/')).toBeUndefined();
    expect(outOf('GET /%C3%A5r'.replace('%C3%A5', 'å'), '%C3%A5r')).toBe('/%C3%A5r');
  });

  test('writes anew what somebody chose: nothing of it begins a parameter or another segment', () => {
    expect(outOf('GET /a/{x}', 'a/b%3Be')).toBe('/a/b%3Be');
    expect(outOf('GET /a/{x}', 'a/b:c@d,e=f+g$h')).toBe('/a/b:c@d,e=f+g$h');
  });

  test.each([
    '/inntekt',
    'GET inntekt',
    'PUT /inntekt',
    'GET /a/../b',
    'GET /a//b',
    'GET /a?x=1',
    'GET /a/%2e',
    'GET /{',
    'GET /{from',
    'GET /{a b}',
    'GET /{a}{b}',
    'GET /{a}-{b}-{c}',
    'GET /a\\b',
    'get /a',
  ])('%j is none', (pattern) => {
    expect(dataPathFault(pattern)).toBeTypeOf('string');
  });
});

test('headers that say who asks, who answers or how are never on a list', () => {
  for (const name of [
    ...['authorization', 'cookie', 'set-cookie', 'x-forwarded-for', 'x-forwarded-host', 'forwarded', 'host'],
    ...['connection', 'transfer-encoding', 'te', 'upgrade', 'content-length', 'location', 'content-security-policy'],
    ...['x-content-type-options', 'access-control-allow-origin', 'strict-transport-security', 'Accept', 'a b', ''],
  ])
    expect(dataHeaderFault(name), name).toBeTypeOf('string');
  for (const name of ['accept', 'content-type', 'etag', 'if-none-match', 'korrelasjonsid', 'x-correlation-id'])
    expect(dataHeaderFault(name), name).toBeUndefined();
});

test('a list that was stored before a name was refused passes nothing of it on', () => {
  const source = dataSourceOf(
    { ...service, dataUrl: 'https://data.example/api/', dataRequestHeaders: ['cookie', 'accept'] },
    true,
  );
  expect(source).toMatchObject({ origin: 'https://data.example', basePath: '/api', requestHeaders: ['accept'] });
  expect(dataSourceOf({ ...service, dataUrl: 'https://data.example' }, true)).toMatchObject({
    basePath: '',
    requestHeaders: usualRequestHeaders,
  });
  expect(dataSourceOf({ ...service, dataUrl: 'http://data.example' }, true)).toBeUndefined();
  expect(dataSourceOf(service, false)).toBeUndefined();
});
