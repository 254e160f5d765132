import { describe, expect, test } from 'vitest';
import {
  becameUsable,
  doneRetiring,
  isNothing,
  type LivingKey,
  nextClientLook,
  type Seen,
  signingOrder,
  verdictOf,
  whatFollows,
  whenRetired,
} from '../../src/domain/client-keys.ts';
import { keyWarnings, warningDue } from '../../src/domain/key-warnings.ts';
import { type KeptProblem, Problem } from '../../src/domain/problem.ts';

const second = 1000;
const minute = 60 * second;
const day = 24 * 60 * minute;
const now = new Date('2026-11-24T12:00:00Z');
const ago = (ms: number) => new Date(now.getTime() - ms);
const inMs = (ms: number) => new Date(now.getTime() + ms);

const problem: KeptProblem = { code: 'key-refused', detail: 'Unknown.', mover: 'operator' };
const active: LivingKey = {
  id: 'old',
  kid: 'k-old',
  state: 'active',
  createdAt: ago(300 * day),
  activeSince: ago(300 * day),
  registeredAt: ago(300 * day),
  provedAt: ago(300 * day),
};
const pending: LivingKey = { id: 'new', kid: 'k-new', state: 'pending', createdAt: ago(minute) };
const retiring: LivingKey = { ...active, id: 'before', state: 'retiring', activeSince: ago(minute) };
const promoted = (sinceMs: number): LivingKey => ({
  ...pending,
  state: 'active',
  activeSince: ago(sinceMs),
  provedAt: ago(sinceMs),
});

const taken = (keyId: string): Seen => ({ keyId, verdict: 'taken' });
const refused = (keyId: string): Seen => ({ keyId, verdict: 'refused', problem });
const silent = (keyId: string): Seen => ({ keyId, verdict: 'silent' });

describe('a key that can be used from now on', () => {
  test('signs at once where there is no other', () => {
    expect(becameUsable([], now)).toEqual({ state: 'active', activeSince: now });
    expect(becameUsable([{ ...active, state: 'retired' }], now)).toEqual({ state: 'active', activeSince: now });
  });
  test('waits to be proved where there is another', () => {
    expect(becameUsable([active], now)).toEqual({ state: 'pending' });
  });
});

describe('what an answer says of the key', () => {
  test.each([
    'access-not-delegated',
    'access-not-granted',
    'client-scope-missing',
    'consent-not-usable',
    'token-unexpected',
  ] as const)('%s comes after the key was taken', (code) => expect(verdictOf(new Problem(code, 'x'))).toBe('taken'));
  test.each(['key-refused', 'client-refused'] as const)('%s refuses it', (code) =>
    expect(verdictOf(new Problem(code, 'x'))).toBe('refused'),
  );
  test.each(['maskinporten-unavailable', 'clock-wrong', 'maskinporten-refused', 'client-not-ours'] as const)(
    '%s says nothing of it',
    (code) => expect(verdictOf(new Problem(code, 'x'))).toBe('silent'),
  );
  test('a wording that a tenant’s words may have made settles nothing', () => {
    const refusal = new Problem('key-refused', 'x', { byWording: true });
    expect(verdictOf(refusal, { resource: ['https://api.example/'] })).toBe('doubtful');
    expect(verdictOf(refusal, { resource: [] })).toBe('refused');
    expect(verdictOf(new Problem('key-refused', 'x'), { resource: ['https://api.example/'] })).toBe('refused');
    expect(isNothing(whatFollows({ keys: [active] }, [{ keyId: 'old', verdict: 'doubtful', problem }], now))).toBe(
      true,
    );
  });
  test('a token proves it', () => expect(verdictOf(undefined)).toBe('taken'));
});

describe('what follows', () => {
  test('the first grant that is taken proves the only key, which is as old as it can be', () => {
    const key: LivingKey = { id: 'first', kid: 'k1', state: 'active', createdAt: ago(day), activeSince: ago(day) };
    const { keys, ...more } = whatFollows({ keys: [key] }, [taken('first')], now);
    expect(keys).toEqual([
      { id: 'first', provedAt: now, registeredAt: ago(day), expiresAt: inMs(364 * day), problem: null },
    ]);
    expect(more).toEqual({ proved: 'first' });
    const { kid: _, ...byCertificate } = key;
    expect(whatFollows({ keys: [byCertificate] }, [taken('first')], now).keys[0]).not.toHaveProperty('expiresAt');
  });

  test('a pending key that is taken takes over, and the one before stays to fall back on', () => {
    const { keys, promoted: name } = whatFollows({ keys: [active, pending] }, [taken('new')], now);
    expect(name).toBe('new');
    expect(keys).toMatchObject([
      { id: 'new', state: 'active', activeSince: now, provedAt: now, registeredAt: pending.createdAt },
      { id: 'old', state: 'retiring', activeSince: now },
    ]);
  });

  test('one that was refused before was registered meanwhile: its year begins now', () => {
    const { keys } = whatFollows({ keys: [active, { ...pending, problem }] }, [taken('new')], now);
    expect(keys[0]).toMatchObject({ registeredAt: now, expiresAt: inMs(365 * day), problem: null });
  });

  test('a pending key that is refused waits on, and nothing else happens', () => {
    const follows = whatFollows({ keys: [active, pending] }, [refused('new')], now);
    expect(follows).toEqual({ keys: [{ id: 'new', problem }] });
  });

  test.each([
    ['within two minutes the one before only helps out', promoted(2 * minute), false],
    ['past two minutes it signs again', promoted(2 * minute + 1), true],
    ['where the new one was never proved it signs again at once', { ...active, id: 'new', provedAt: undefined }, true],
  ])('a refused key with one before it: %s', (_, key, isBack) => {
    const { provedAt, ...unproved } = key;
    const keys = [provedAt ? { ...unproved, provedAt } : unproved, retiring] as LivingKey[];
    const follows = whatFollows({ keys }, [refused('new'), taken('before')], now);
    expect(isNothing(follows)).toBe(!isBack);
    expect(follows.stops).toBeUndefined();
    if (!isBack) return;
    expect(follows.rolledBack).toBe('new');
    expect(follows.keys).toEqual([
      { id: 'new', state: 'pending', activeSince: null, provedAt: null, problem },
      { id: 'before', state: 'active', activeSince: now },
    ]);
  });

  test('what every process knows already changes nothing', () => {
    expect(isNothing(whatFollows({ keys: [promoted(minute), retiring] }, [taken('new')], now))).toBe(true);
    // Seen by one that still took the old for the active one.
    const seen = [refused('before'), taken('new')];
    expect(isNothing(whatFollows({ keys: [promoted(minute), retiring] }, seen, now))).toBe(true);
    expect(isNothing(whatFollows({ keys: [{ ...active, state: 'retired' }] }, [taken('old')], now))).toBe(true);
  });

  test('a client of which every key is refused is stopped, once, with what the one that signs met', () => {
    const first = { ...problem, detail: 'Expired.' };
    const keys = [active, pending, retiring];
    const seen: Seen[] = [{ keyId: 'old', verdict: 'refused', problem: first }, refused('before'), refused('new')];
    expect(whatFollows({ keys }, seen, now).stops).toEqual(first);
    expect(whatFollows({ keys, stoppedAt: ago(minute) }, seen, now).stops).toBeUndefined();
  });

  test.each([
    ['one key was not asked with', [refused('old')]],
    ['one said nothing', [refused('old'), silent('new')]],
    ['one was taken', [refused('old'), taken('new')]],
  ])('it is not stopped while %s', (_, seen) => {
    expect(whatFollows({ keys: [active, pending] }, seen, now).stops).toBeUndefined();
  });

  test('a stopped client goes on with any key that is taken', () => {
    const stopped = { keys: [active, pending], stoppedAt: ago(minute) };
    expect(whatFollows(stopped, [taken('old')], now).resumes).toBe(true);
    expect(whatFollows(stopped, [taken('new')], now)).toMatchObject({ resumes: true, promoted: 'new' });
    expect(whatFollows(stopped, [refused('old')], now).resumes).toBeUndefined();
  });
});

test('keys are tried in the order active, before it, pending', () => {
  const older = { ...retiring, id: 'older', activeSince: ago(5 * minute) };
  const gone: LivingKey[] = [
    { ...active, id: 'gone', state: 'retired' },
    { ...active, id: 'coming', state: 'generating' },
  ];
  const order = signingOrder([...gone, pending, older, retiring, active]).map(({ id }) => id);
  expect(order).toEqual(['old', 'before', 'older', 'new']);
});

test('a key that is taken out of use leaves the best of the others to sign', () => {
  const gone = { id: 'old', state: 'retired', retiredAt: now };
  expect(whenRetired([active], 'old', now)).toEqual([gone]);
  expect(whenRetired([active, pending, retiring], 'old', now)).toEqual([
    gone,
    { id: 'before', state: 'active', activeSince: now },
  ]);
  expect(whenRetired([active, pending], 'old', now)[1]).toEqual({ id: 'new', state: 'active', activeSince: now });
  expect(whenRetired([active, pending], 'new', now)).toEqual([{ ...gone, id: 'new' }]);
});

test('nobody falls back on a key ten minutes after another took over', () => {
  expect(doneRetiring([{ ...retiring, activeSince: ago(10 * minute - 1) }], now)).toEqual([]);
  expect(doneRetiring([{ ...retiring, activeSince: ago(10 * minute) }, active], now)).toHaveLength(1);
});

describe('the next look', () => {
  const after = (keys: LivingKey[], probes: number, stoppedAt?: Date) => {
    const at = nextClientLook({ keys, ...(stoppedAt ? { stoppedAt } : {}) }, probes, now);
    return at && (at.getTime() - now.getTime()) / second;
  };
  test('there is none when nothing is left to find out', () => expect(after([active], 3)).toBeUndefined());
  test('at a pending key comes soon, then ever later', () => {
    expect([0, 1, 2, 3, 7, 8, 400].map((probes) => after([active, pending], probes))).toEqual([
      5, 5, 10, 20, 300, 300, 300,
    ]);
  });
  test('at a stopped client comes after 30 seconds, then ever later', () => {
    expect([0, 1, 2, 3, 4, 400].map((probes) => after([active], probes, ago(minute)))).toEqual([
      30, 60, 120, 240, 300, 300,
    ]);
  });
  test('at a retiring key comes when its time is over', () => {
    expect(after([active, retiring], 0)).toBe(540);
    expect(after([active, { ...retiring, activeSince: ago(day) }], 2)).toBe(10);
  });
});

describe('warnings', () => {
  const ending = (days: number, more: object = {}) => ({
    ...active,
    kid: 'k1',
    expiresAt: inMs(days * day),
    ...more,
  });
  test('each is due once, at 60, 30, 14 and 7 days', () => {
    const told: [number, number][] = [];
    let warnedDays: number | undefined;
    for (let days = 70; days >= 0; days -= 0.5) {
      const due = warningDue(ending(days, warnedDays === undefined ? {} : { warnedDays }), now);
      if (due === undefined) continue;
      told.push([days, due]);
      warnedDays = due;
    }
    expect(told).toEqual([
      [60, 60],
      [30, 30],
      [14, 14],
      [7, 7],
    ]);
  });
  test('after a long silence only the nearest is told', () => {
    expect(warningDue(ending(10), now)).toBe(14);
    expect(warningDue(ending(10, { warnedDays: 14 }), now)).toBeUndefined();
    expect(warningDue(ending(10, { state: 'retiring' }), now)).toBeUndefined();
  });
  const codes = (keys: LivingKey[], more: object = {}) =>
    keyWarnings({ keys, ...more }, now).map(({ code, detail }) => `${code}: ${detail}`);
  test('a client that is well needs none', () => expect(codes([ending(61), pending])).toEqual([]));
  test('keys that end, have ended, do not work or are missing are told, with the date', () => {
    expect(codes([ending(60)])).toEqual([expect.stringMatching(/^key-expiring: .*k1 ends in 60 days, on 2027-01-23/)]);
    expect(codes([ending(1)])[0]).toContain('in 1 day,');
    expect(codes([ending(-1)])).toEqual([expect.stringMatching(/^key-expired: .*ended on 2026-11-23/)]);
    const waiting = { ...pending, createdAt: ago(2 * day), problem };
    expect(codes([active, waiting])).toEqual([expect.stringMatching(/^key-pending: .*since 2026-11-22.*Unknown\.$/)]);
    expect(codes([{ ...active, state: 'retired' }])).toEqual([expect.stringMatching(/^no-key: /)]);
    const generating: LivingKey = { id: 'x', state: 'generating', createdAt: now };
    expect(codes([generating])).toEqual([expect.stringMatching(/^no-key: .*is one running\?$/)]);
    const faulty = { ...generating, fault: 'There is no such file.' };
    expect(codes([faulty])).toEqual([
      'no-key: It has no key that signs: add one',
      expect.stringMatching(/^key-unusable: .*There is no such file\.$/),
    ]);
    expect(codes([active, { ...faulty, state: 'retired' } as LivingKey])).toEqual([]);
    expect(codes([active], { stoppedAt: now, stoppedProblem: problem })).toEqual([
      'client-stopped: Nothing is asked for with it since 2026-11-24T12:00:00.000Z. Unknown.',
    ]);
  });
});
