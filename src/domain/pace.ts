import type { Consent } from './consent.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

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
 * When a consent at Altinn is to be looked at next. Never later than its end, which the hub has to tell by itself:
 * Altinn knows no status for expiry.
 */
export const nextLook = (consent: Consent, now: Date): Date => {
  const age = now.getTime() - (consent.returnedAt ?? consent.requestedAt ?? consent.createdAt).getTime();
  const pause =
    consent.status === 'accepted' ? whileAccepted : (whilePending.find(([most]) => age <= most)?.[1] ?? hour);
  return new Date(Math.min(now.getTime() + pause, consent.validTo.getTime()));
};

/** Between probes that find access missing: 30 s doubling to 15 minutes; after an empty 403, 5 minutes to an hour. */
export const nextProbe = (kind: 'scope' | 'service', probes: number, now: Date): Date => {
  const [first, most] = kind === 'scope' ? [30 * second, 15 * minute] : [5 * minute, hour];
  return new Date(now.getTime() + Math.min(most, first * 2 ** Math.min(Math.max(probes - 1, 0), 20)));
};

/** How long a tenant's proven access is believed before it is proved again. */
export const accessBelievedMs = 10 * minute;

/** At most one read at Altinn per consent in this time, however often the browser comes back. */
export const readAtMostEveryMs = 2 * second;

/** Between two that go on once what they waited for is there: a long wait must not end in a flood. */
export const releaseEveryMs = 50;
