import { expect, test } from 'vitest';
import { type Access, accessAfter, accessNews, delegationOf, grantOf } from '../../src/domain/access.ts';
import type { KeptProblem } from '../../src/domain/problem.ts';

const start = new Date('2026-11-24T12:00:00Z');
const after = (minutes: number) => new Date(start.getTime() + minutes * 60_000);

const answers = {
  token: undefined,
  'not granted': { code: 'access-not-granted', mover: 'api-owner', detail: 'grant it' },
  'not delegated': { code: 'access-not-delegated', mover: 'tenant', detail: 'delegate it' },
  'our client': { code: 'client-scope-missing', mover: 'operator', detail: 'register it' },
} satisfies Record<string, KeptProblem | undefined>;
type Answer = keyof typeof answers;

const unknown: Access = { tenantId: 't', id: 'a', kind: 'scope', name: 's', state: 'unknown', since: start, probes: 0 };

/** One answer a minute, from the beginning on. */
const walk = (...seen: Answer[]) => {
  const news: string[] = [];
  let access = unknown;
  for (const [place, answer] of seen.entries()) {
    const at = after(place + 1);
    const next = accessAfter(access, { problem: answers[answer] }, at, at);
    const told = accessNews(access, next);
    if (told) news.push(told);
    access = next;
  }
  return { access, news };
};

test.each<[string, Answer[], string[]]>([
  ['at once', ['token'], []],
  ['in one order', ['not granted', 'not delegated', 'token'], ['access.granted']],
  ['in the other', ['not granted', 'token'], ['access.granted']],
  ['never there: our client’s trouble before is no loss', ['our client', 'not delegated'], []],
  ['nor is it one after', ['not delegated', 'our client', 'not granted'], []],
  ['lost, and told once', ['token', 'not delegated', 'not granted', 'not delegated'], ['access.lost']],
  ['lost behind our own trouble', ['token', 'our client', 'not granted'], ['access.lost']],
  ['our own trouble alone is no news', ['token', 'our client', 'token'], []],
  ['there again behind it', ['token', 'not granted', 'our client', 'token'], ['access.lost', 'access.granted']],
  ['twice', ['token', 'not granted', 'token', 'not delegated'], ['access.lost', 'access.granted', 'access.lost']],
])('what tenants are told of access: %s', (_, seen, news) => {
  expect(walk(...seen).news).toEqual(news);
});

test('grant and delegation are known as far as an answer goes, each since it changed', () => {
  const told = (...seen: Answer[]) => {
    const { access } = walk(...seen);
    const { grantSince, delegationSince } = access;
    return [grantOf(access), grantSince, delegationOf(access), delegationSince];
  };
  expect(told('not granted', 'not granted')).toEqual(['missing', after(1), 'unknown', start]);
  expect(told('not granted', 'not delegated')).toEqual(['done', after(2), 'missing', after(2)]);
  expect(told('not granted', 'not delegated', 'token')).toEqual(['done', after(2), 'done', after(3)]);
  expect(told('token', 'not granted')).toEqual(['missing', after(2), 'unknown', after(2)]);
  // What was known of theirs stays told while our client is refused; of what was there, nothing is known.
  expect(told('not delegated', 'our client')).toEqual(['done', after(1), 'missing', after(1)]);
  expect(told('token', 'our client')).toEqual(['unknown', after(2), 'unknown', after(2)]);
  expect(walk('not delegated', 'our client').access.ownProblem?.code).toBe('client-scope-missing');
  expect(walk('not delegated', 'our client', 'token').access.ownProblem).toBeUndefined();
});
