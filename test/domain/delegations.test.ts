import { expect, test } from 'vitest';
import type { Access } from '../../src/domain/access.ts';
import { type Seen, toldOf } from '../../src/domain/delegations.ts';

const bank = '313876144';
const none: Seen = { 'a:read': [], 'a:write': [] };
const half: Seen = { 'a:read': [bank], 'a:write': [] };
const both: Seen = { 'a:read': [bank], 'a:write': [bank] };

const access = (state: Access['state'], code?: 'access-not-delegated' | 'access-not-granted') => ({
  state,
  ...(code ? { problem: { code, detail: '', mover: 'tenant' as const } } : {}),
});

test.each<[string, ReturnType<typeof access> | undefined, Seen, Seen, ReturnType<typeof toldOf>]>([
  ['delegated, and nobody had asked yet', undefined, none, both, 'delegated'],
  ['delegated since it was found missing', access('missing', 'access-not-delegated'), none, both, 'delegated'],
  ['delegated, and looked at for the first time', access('unknown'), {}, both, 'delegated'],
  ['delegated in part', access('missing', 'access-not-delegated'), none, half, undefined],
  [
    'delegated, where its owner’s grant is what is missing',
    access('missing', 'access-not-granted'),
    none,
    both,
    undefined,
  ],
  ['delegated as it is known', access('granted'), none, both, undefined],
  ['delegated as it was a round ago', access('missing', 'access-not-delegated'), both, both, undefined],
  ['gone in part', access('granted'), both, half, 'gone'],
  ['gone, and known to be missing', access('missing', 'access-not-delegated'), both, none, undefined],
  ['not delegated, and looked at for the first time', access('granted'), {}, none, 'gone'],
  ['never shown as delegated, though it works', access('granted'), none, none, undefined],
  ['no longer shown at all', access('granted'), both, {}, undefined],
])('what the list tells of one tenant’s access: %s', (_, known, before, now, told) => {
  expect(toldOf({ name: 'a:read a:write', orgno: bank, access: known }, before, now)).toBe(told);
});
