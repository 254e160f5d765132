import type { Access } from './access.ts';
import type { Consent } from './consent.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** While a person may be looking, quickly; later slowly. (age at most, then next look after) */
const whilePending: readonly (readonly [number, number])[] = [
  [10 * minute, 5 * second],
  [hour, minute],
  [24 * hour, 15 * minute],
  [Number.POSITIVE_INFINITY, 2 * hour],
];

/** How soon an accepted consent is looked at again: a person may revoke it. */
const whileAccepted = hour;

/**
 * Expiry is announced so long after `validTo`. Altinn takes an answer until then by its own clock: with clocks less than this
 * apart, whatever it took can be read before the hub says that it is over. Tokens end at `validTo` itself.
 */
export const expiryMarginMs = 30 * second;

/** Who would be told now that it ends within this is told of its end instead. */
const momentMs = minute;

/** Since the approval address was given out, or a browser last came back. */
const ageOf = ({ returnedAt, requestedAt, createdAt }: Consent, now: Date): number =>
  now.getTime() - (returnedAt ?? requestedAt ?? createdAt).getTime();

/** When a consent at Altinn is over for the hub, too. */
export const endsAt = ({ validTo }: Pick<Consent, 'validTo'>): Date => new Date(validTo.getTime() + expiryMarginMs);

/** When its tenant is to be told that it ends soon, which may be past; undefined where there is nothing to tell. */
export const expiringAt = (consent: Consent, expiringDays: number | undefined, now: Date): Date | undefined =>
  expiringDays === undefined ||
  consent.status !== 'accepted' ||
  consent.expiringToldAt ||
  consent.validTo.getTime() - now.getTime() <= momentMs
    ? undefined
    : new Date(consent.validTo.getTime() - expiringDays * day);

/** What comes of time alone, whatever Altinn says or does not say: its end, or word of it ahead. */
export const nextByTime = (consent: Consent, expiringDays: number | undefined, now: Date): Date => {
  const [ends, told] = [endsAt(consent), expiringAt(consent, expiringDays, now)];
  return told && told < ends ? told : ends;
};

/**
 * When a consent at Altinn is to be looked at next. Never later than what the hub has to tell by itself: Altinn knows no
 * status for expiry.
 */
export const nextLook = (consent: Consent, now: Date, expiringDays?: number): Date => {
  const age = ageOf(consent, now);
  const pause =
    consent.status === 'accepted' ? whileAccepted : (whilePending.find(([most]) => age <= most)?.[1] ?? hour);
  return new Date(Math.min(now.getTime() + pause, nextByTime(consent, expiringDays, now).getTime()));
};

/** Nobody is likely to be waiting for what became of it. */
export const isSettledDown = (consent: Consent, now: Date): boolean =>
  consent.status === 'accepted' || ageOf(consent, now) > hour;

const doubling = (firstMs: number, mostMs: number, times: number): number =>
  Math.min(mostMs, firstMs * 2 ** Math.min(Math.max(times - 1, 0), 20));

/** While consents wait for access that is missing: after 30 s, and then doubling to a quarter of an hour. */
export const nextProbe = (probes: number, now: Date): Date =>
  new Date(now.getTime() + doubling(30 * second, 15 * minute, probes));

/**
 * When nobody waits: missing access ever more seldom, down to once an hour; what is there once a day, for it may be taken away
 * without a word.
 */
export const unpromptedLook = ({ state, probes }: Pick<Access, 'state' | 'probes'>, now: Date): Date =>
  new Date(now.getTime() + (state === 'granted' ? day : doubling(30 * second, hour, probes)));

/** So many turns at most are given away ahead: a look for each of thousands of tenants. */
export const mostLooksAhead = 50_000;

/** How long a tenant's proven access is believed before it is proved again. */
export const accessBelievedMs = 10 * minute;

/** A browser came back since Altinn was last asked: somebody may be waiting. */
export const isBack = ({ returnedAt, lookedAt }: Consent): boolean =>
  returnedAt !== undefined && (lookedAt === undefined || lookedAt < returnedAt);

/** At most one read at Altinn per consent in this time, however often the browser comes back. */
const readAtMostEveryMs = 2 * second;

/**
 * Not to be read before, whatever the reason. A browser that is back does not wait for that if the latest read was but one at
 * the usual pace, which may have come a moment too early.
 */
export const soonestRead = (consent: Consent): Date =>
  new Date(((isBack(consent) ? consent.hurriedAt : consent.lookedAt)?.getTime() ?? 0) + readAtMostEveryMs);

/** Between two that go on once what they waited for is there: a long wait must not end in a flood. */
export const releaseEveryMs = 50;

/**
 * When to look again for a request whose outcome is not known, at first often; undefined once it has been looked for so long
 * that it will not come any more.
 */
export const nextLostLook = (sentAt: Date, now: Date, lostAfterMs: number): Date | undefined => {
  const sinceMs = now.getTime() - sentAt.getTime();
  if (sinceMs >= lostAfterMs) return undefined;
  const pauseMs = Math.min(60 * second, Math.max(5 * second, sinceMs / 2), lostAfterMs - sinceMs);
  return new Date(now.getTime() + pauseMs);
};
