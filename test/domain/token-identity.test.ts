import fc from 'fast-check';
import { expect, test } from 'vitest';
import { identityOf, type TokenIdentity } from '../../src/domain/token.ts';

/** Few and alike, with what separates lists in one form or another: whatever could be taken for something else is drawn often. */
const word = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'a b',
    'a,b',
    'a","b',
    '["a"]',
    'null',
    '',
    'A',
    'å',
    'a\u030a',
    '\ud800',
    '313876144',
    '991825827',
  ),
  fc.string({ maxLength: 4 }),
);
const words = fc.array(word, { maxLength: 3 });
const need: fc.Arbitrary<TokenIdentity> = fc.record(
  {
    issuer: word,
    clientId: word,
    scopes: words,
    consumer: word,
    resource: words,
    consentId: fc.option(word, { nil: undefined }),
  },
  { requiredKeys: ['issuer', 'clientId', 'scopes', 'consumer', 'resource'] },
);

const sameSet = (one: readonly string[], other: readonly string[]): boolean =>
  one.every((word) => other.includes(word)) && other.every((word) => one.includes(word));
const isSame = (one: TokenIdentity, other: TokenIdentity): boolean =>
  one.issuer === other.issuer &&
  one.clientId === other.clientId &&
  one.consumer === other.consumer &&
  one.consentId === other.consentId &&
  sameSet(one.scopes, other.scopes) &&
  sameSet(one.resource, other.resource);

/** Another need that differs in one member, or in none. */
const pair = fc
  .tuple(need, need, fc.constantFrom('all', 'issuer', 'clientId', 'scopes', 'consumer', 'resource', 'consentId'))
  .map(([one, other, member]): [TokenIdentity, TokenIdentity] =>
    member === 'all' ? [one, other] : [one, { ...one, [member]: other[member as keyof TokenIdentity] }],
  );

test('two needs share an identity when they are the same, and never else', () => {
  fc.assert(
    fc.property(pair, ([one, other]) => {
      expect(identityOf(one).equals(identityOf(other))).toBe(isSame(one, other));
    }),
    { numRuns: 5000 },
  );
});

test('order and doubles in scopes and resources make no difference', () => {
  const shuffled = (list: readonly string[]) =>
    fc.shuffledSubarray([...list, ...list], { minLength: 2 * list.length, maxLength: 2 * list.length });
  const twice = need.chain((one) => fc.tuple(fc.constant(one), shuffled(one.scopes), shuffled(one.resource)));
  fc.assert(
    fc.property(twice, ([one, scopes, resource]) => {
      expect(identityOf({ ...one, scopes, resource })).toEqual(identityOf(one));
    }),
    { numRuns: 1000 },
  );
});
