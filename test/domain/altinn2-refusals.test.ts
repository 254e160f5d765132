import { describe, expect, test } from 'vitest';
import { type Altinn2Call, altinn2Refusal } from '../../src/domain/altinn2-refusals.ts';
import { fateOf } from '../../src/domain/problem.ts';

const bank = '313876144';
const scopes = ['altinn:consentrequests.read', 'altinn:consentrequests.write', 'altinn:consenttokens'];
const call = (changes: Partial<Altinn2Call> = {}): Altinn2Call => ({
  verb: 'submit',
  to: bank,
  token: { consumer: bank, scopes },
  ...changes,
});
const codeOf = (status: number, changes: Partial<Altinn2Call> = {}, body?: unknown, reason?: string): string =>
  altinn2Refusal({ status, body, reason }, call(changes)).problem.code;

const verbs: Altinn2Call['verb'][] = ['submit', 'read', 'list', 'withdraw', 'token', 'use'];

describe('a 403 without a word', () => {
  test.each<[Altinn2Call['verb'], string]>([
    ['submit', 'altinn-key-refused'],
    ['list', 'altinn-key-refused'],
    ['read', 'altinn-refused'],
    ['withdraw', 'altinn-refused'],
    ['token', 'consent-not-at-altinn'],
    ['use', 'consent-not-at-altinn'],
  ])('to %s', (verb, code) => {
    expect(codeOf(403, { verb })).toBe(code);
    expect(codeOf(403, { verb, to: undefined })).toBe(code);
    expect(codeOf(403, { verb, token: { consumer: bank, scopes: ['altinn:other'] } })).toBe('client-scope-missing');
    expect(codeOf(403, { verb, token: { consumer: '991825827', scopes } })).toBe('token-unexpected');
    // A certificate needs no scope; and what a token says that was not shown is of no matter.
    expect(codeOf(403, { verb, byCertificate: true, token: { consumer: '991825827', scopes: [] } })).toBe(
      verb === 'submit' ? 'not-on-access-list' : code,
    );
  });

  test('the documents know scopes of consent tokens by two names each', () => {
    for (const [verb, scope] of [
      ['token', 'altinn:consenttokens'],
      ['token', 'altinn:consenttokens.read'],
      ['use', 'altinn:consenttokens'],
      ['use', 'altinn:consenttokens.write'],
    ] as const)
      expect(codeOf(403, { verb, token: { consumer: bank, scopes: [scope] } })).toBe('consent-not-at-altinn');
    const readOnly = { consumer: bank, scopes: ['altinn:consenttokens.read'] };
    expect(codeOf(403, { verb: 'use', token: readOnly })).toBe('client-scope-missing');
  });
});

test('only what nobody said in so many words leaves open whether a create was made', () => {
  const statuses = [200, 202, 204, 301, 302, 304, 307, 400, 401, 403, 404, 405, 406, 408, 409, 410, 415, 422, 425, 429];
  const unknown = [...statuses, 500, 502, 503, 504, 599].filter((status) => codeOf(status) === 'altinn-unavailable');
  expect(unknown).toEqual([200, 202, 204, 301, 302, 304, 307, 408, 425, 500, 502, 503, 504, 599]);
  for (const status of [400, 403, 409, 422]) expect(codeOf(status, {}, '<!doctype html>')).toBe('altinn-unavailable');
});

test.each(verbs)('who is told to wait, or not known, is told the same by whatever they asked: %s', (verb) => {
  expect(codeOf(429, { verb })).toBe('altinn-busy');
  expect(codeOf(401, { verb })).toBe('altinn-not-authorised');
  expect(codeOf(500, { verb })).toBe('altinn-unavailable');
});

test('whether a token ended is told by its own end or by Altinn’s words, and never said of a certificate', () => {
  const detailOf = (changes: Partial<Altinn2Call>, reason?: string) =>
    altinn2Refusal({ status: 401, reason }, call(changes)).problem.detail;
  expect(detailOf({ token: { consumer: bank, scopes, hasEnded: true } })).toContain('has ended');
  expect(detailOf({}, 'IDX10223: Lifetime validation failed.')).toContain('has ended');
  expect(detailOf({}, 'Authorization failed')).toContain('401');
  expect(detailOf({ byCertificate: true })).toContain('certificate');
});

test('asked for a token, 400 says what 403 says, but for a key that did not come', () => {
  expect(codeOf(400, { verb: 'token' })).toBe('consent-not-at-altinn');
  expect(codeOf(404, { verb: 'token' })).toBe('consent-not-at-altinn');
  expect(codeOf(400, { verb: 'token' }, undefined, "Required header 'ApiKey' is missing.")).toBe('altinn-key-refused');
});

test('what nobody can mend outlasts what somebody must', () => {
  const faults = [
    { ErrorCode: '1', ErrorMessage: 'RedirectUrl is odd' },
    { ErrorCode: '1', ErrorMessage: 'CoveredBy is not registered' },
  ];
  expect(codeOf(400, {}, faults)).toBe('callback-not-allowed');
  const { problem } = altinn2Refusal({ status: 400, body: [...faults, { ErrorCode: '40332' }] }, call());
  expect(problem).toMatchObject({ code: 'name-not-matched', more: {} });
  expect(fateOf(problem)).toBe('final');
});
