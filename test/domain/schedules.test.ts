import { expect, test } from 'vitest';
import type { Consent } from '../../src/domain/consent.ts';
import {
  endsAt,
  expiryMarginMs,
  isBack,
  nextLook,
  nextProbe,
  soonestRead,
  unpromptedLook,
} from '../../src/domain/pace.ts';
import { identityOf, safetyMarginMs } from '../../src/domain/token.ts';
import { defaultSchedule, nextTry } from '../../src/domain/webhook.ts';

const now = new Date('2026-11-24T12:00:00Z');
const after = (ms: number) => new Date(now.getTime() + ms);
const hour = 3_600_000;

test('a receiver that is down is tried for more than 72 hours, ever more slowly, and then given up', () => {
  let at = now;
  let attempts = 0;
  const pauses: number[] = [];
  for (;;) {
    attempts += 1;
    const next = nextTry({ attempts, createdAt: now }, defaultSchedule, at, 0.5);
    if (!next) break;
    pauses.push(next.getTime() - at.getTime());
    at = next;
  }
  expect(pauses.slice(0, 8)).toEqual([5000, 60_000, 300_000, 1_800_000, 2 * hour, 5 * hour, 10 * hour, 12 * hour]);
  expect(at.getTime() - now.getTime()).toBeGreaterThan(72 * hour);
});

test('tries are spread by a fifth to either side', () => {
  const pause = (random: number) =>
    (nextTry({ attempts: 2, createdAt: now }, defaultSchedule, now, random)?.getTime() ?? 0) - now.getTime();
  expect([pause(0), pause(1)]).toEqual([48_000, 72_000]);
});

const consent = (change: Partial<Consent>) =>
  ({ status: 'pending', createdAt: now, requestedAt: now, validTo: after(240 * hour), ...change }) as Consent;

test('a young consent is looked at within seconds, an old one seldom, none after its end', () => {
  const pause = (ageMs: number, change: Partial<Consent> = {}) =>
    nextLook(consent(change), after(ageMs)).getTime() - after(ageMs).getTime();
  expect([pause(0), pause(600_000), pause(600_001), pause(2 * hour), pause(48 * hour)]).toEqual([
    5000,
    5000,
    60_000,
    900_000,
    2 * hour,
  ]);
  expect(pause(48 * hour, { returnedAt: after(48 * hour) })).toBe(5000);
  expect(pause(0, { status: 'accepted' })).toBe(hour);
  expect(pause(2 * hour, { validTo: after(2 * hour + 1000) })).toBe(1000 + expiryMarginMs);
});

test('before an accepted consent ends, its tenant is told as many days ahead as it wants, at once where they have begun', () => {
  const validTo = after(240 * hour);
  const look = (atMs: number, days: number | undefined, change: Partial<Consent> = {}) =>
    nextLook(consent({ status: 'accepted', validTo, ...change }), after(atMs), days);
  expect(look(71.5 * hour, 7)).toEqual(after(72 * hour));
  expect(look(71.5 * hour, undefined)).toEqual(after(72.5 * hour));
  expect(look(100 * hour, 7)).toEqual(after(72 * hour));
  expect(look(100 * hour, 7, { expiringToldAt: after(72 * hour) })).toEqual(after(101 * hour));
  expect(look(71.5 * hour, 7, { status: 'pending' })).toEqual(after(73.5 * hour));
  // Too late to be of use: the end itself is told.
  expect(look(240 * hour - 60_000, 7)).toEqual(endsAt({ validTo }));
});

test('a browser that is back waits for nothing but the reads that browsers led to a moment ago', () => {
  const back = (change: Partial<Consent>) => {
    const one = consent(change);
    return [isBack(one), soonestRead(one)];
  };
  const never = new Date(2000);
  expect(back({ lookedAt: after(0) })).toEqual([false, after(2000)]);
  expect(back({ returnedAt: after(500) })).toEqual([true, never]);
  expect(back({ lookedAt: after(0), returnedAt: after(500) })).toEqual([true, never]);
  expect(back({ lookedAt: after(501), returnedAt: after(500), hurriedAt: after(501) })).toEqual([false, after(2501)]);
  expect(back({ lookedAt: after(501), returnedAt: after(900), hurriedAt: after(501) })).toEqual([true, after(2501)]);
});

test('missing access is looked for after 30 seconds, at most every quarter of an hour while consents wait, else every hour', () => {
  const pauses = (next: (probes: number) => Date) =>
    [1, 2, 5, 20].map((probes) => (next(probes).getTime() - now.getTime()) / 1000);
  expect(pauses((probes) => nextProbe(probes, now))).toEqual([30, 60, 480, 900]);
  expect(pauses((probes) => unpromptedLook({ state: 'missing', probes }, now))).toEqual([30, 60, 480, 3600]);
  expect(unpromptedLook({ state: 'granted', probes: 0 }, now)).toEqual(after(24 * hour));
});

test('order and doubles make no other token; everything else does', () => {
  const base = { issuer: 'i', clientId: 'c', scopes: ['a', 'b'], consumer: '313876144', resource: [] };
  const hex = (change: object) => identityOf({ ...base, ...change }).toString('hex');
  expect(hex({ scopes: ['b', 'a', 'a'] })).toBe(hex({}));
  const others = [
    { issuer: 'j' },
    { clientId: 'd' },
    { scopes: ['a'] },
    { consumer: '991825827' },
    { resource: ['https://x'] },
    { consentId: 'x' },
  ].map(hex);
  expect(new Set([...others, hex({})]).size).toBe(7);
});

test('a token is laid aside ten seconds before its end, a short one earlier in proportion', () => {
  expect([safetyMarginMs(120_000), safetyMarginMs(30_000)]).toEqual([10_000, 3000]);
});
