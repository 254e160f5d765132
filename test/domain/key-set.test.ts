import { describe, expect, test } from 'vitest';
import { isRotationDue, isUnderWay, whyNotRotatable } from '../../src/domain/key-rotation.ts';
import { type ListedKey, type OurKey, planSet } from '../../src/domain/key-set.ts';

const now = new Date('2026-11-27T10:00:00Z');
const ago = (ms: number) => new Date(now.getTime() - ms);
const day = 86_400_000;

const ours = (kid: string, state: OurKey['state'], more: Partial<OurKey> = {}): OurKey => ({
  id: kid,
  kid,
  state,
  createdAt: ago(day),
  publicJwk: { kty: 'RSA', n: `n-${kid}`, e: 'AQAB' },
  ...more,
});
const proved = { provedAt: ago(day) };
const listed = (kid: string, more: object = {}): ListedKey => ({
  kid,
  jwk: { kty: 'RSA', n: `n-${kid}`, e: 'AQAB', ...more },
});
const kids = (keys: readonly { kid?: string }[] | undefined) => keys?.map(({ kid }) => kid);

describe('what a key set should be', () => {
  const active = ours('old', 'active', proved);
  test.each([
    ['a key that waits is added', [active, ours('new', 'pending')], ['old', 'x'], {}, ['old', 'x', 'new']],
    ['it is there already', [active, ours('new', 'pending')], ['old', 'new'], {}, undefined],
    ['a retired one goes', [active, ours('gone', 'retired', { retiredAt: ago(day) })], ['gone', 'old'], {}, ['old']],
    [
      'not while another is unproved',
      [ours('old', 'active'), ours('gone', 'retired', { retiredAt: ago(day) })],
      ['gone', 'old'],
      {},
      undefined,
    ],
    [
      'nor while the one that signs is not there itself',
      [active, ours('gone', 'retired', { retiredAt: ago(day) })],
      ['gone'],
      {},
      undefined,
    ],
    [
      'nor before grants signed with it are over',
      [active, ours('gone', 'retired', { ...proved, retiredAt: ago(5000) })],
      ['gone', 'old'],
      {},
      undefined,
    ],
    ['who took away the one that signs may have had reason to', [active], ['x'], {}, undefined],
    ['it comes back when asked for', [active], ['x'], { whole: true }, ['x', 'old']],
    ['what nobody knows goes when asked for', [active], ['x', 'old'], { prune: true }, ['old']],
    ['but not where it may be all that works', [ours('old', 'active')], ['x', 'old'], { prune: true }, undefined],
    ['a year begins anew', [active], ['x', 'old'], { renew: true }, ['x', 'old']],
    [
      'beside a certificate that signs none is registered',
      [{ ...active, kid: undefined } as unknown as OurKey, ours('new', 'pending')],
      [],
      { whole: true },
      undefined,
    ],
  ] as const)('%s', (_what, keys, set, wish, expected) => {
    const plan = planSet(
      keys,
      set.map((kid) => listed(kid)),
      now,
      wish,
    );
    expect(kids(plan.write)).toEqual(expected);
  });

  test('what is others’ goes back as it was read; ours without an end, so that its year begins anew', () => {
    const set = [listed('x', { exp: 1, x5c: ['c'] }), listed('old', { exp: 2, x5c: ['d'] })];
    const { write } = planSet([active, ours('new', 'pending')], set, now);
    expect(write?.map(({ jwk }) => [jwk['exp'], jwk['x5c']])).toEqual([
      [1, ['c']],
      [undefined, ['d']],
      [undefined, undefined],
    ]);
  });

  test('another key under a name of ours is none of ours', () => {
    const taken = [{ ...listed('new'), jwk: { n: 'another', e: 'AQAB' } }, listed('old')];
    expect(planSet([active, ours('new', 'pending')], taken, now)).toMatchObject({ taken: ['new'], strangers: ['new'] });
  });
});

describe('when a key is exchanged by itself', () => {
  const client = (...keys: object[]) => ({ scopes: ['a:b'], keys: keys as OurKey[] });
  const born = (days: number, more: object = {}) =>
    ours('old', 'active', { ...proved, createdAt: ago(days * day), ...more });
  test.each([
    [client(born(99)), false],
    [client(born(101)), true],
    [client(born(1, { registeredAt: ago(101 * day) })), true],
    [client(born(1, { expiresAt: ago(-13 * day) })), true],
    [client(born(101, { provedAt: undefined })), false],
    [client(born(101, { source: { file: 'x' } })), false],
    [client(born(101, { kid: undefined })), false],
    [client(born(101), ours('new', 'pending')), false],
    [client(born(101), ours('failed', 'retired', { retiredAt: ago(day / 2) })), false],
    [client(born(101), ours('failed', 'retired', { retiredAt: ago(2 * day) })), true],
  ])('%#', (given, due) => expect(isRotationDue(given, 100, now)).toBe(due));

  test('what was found unusable is not under way', () => {
    expect(isUnderWay(client(born(1), { ...ours('new', 'generating'), fault: 'x' }))).toBe(false);
    expect(whyNotRotatable({ keys: [], scopes: ['a:b'] })).toMatch(/no key that signs/);
  });
});
