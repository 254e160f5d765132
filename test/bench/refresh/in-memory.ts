import { behindMs, evenedOut } from '../../../src/domain/renewal-pace.ts';
import { isUsedLately, nextRenewalOf, periodMs, renewalOf, steadyLife } from '../../../src/domain/renewals.ts';
import { safetyMarginMs, usableUntil } from '../../../src/domain/token.ts';
import { openHeap } from '../../../src/lib/heap.ts';
import { jobs } from '../../../src/usecases/jobs.ts';
import { momentsFor } from '../../support/moments-for.ts';
import type { Outcome } from './rate.ts';

const second = 1000;
const minute = 60 * second;

const lifeSeconds = 120;
const part = 0.7;
const mostPerSecond = 400;
const hour = 60 * minute;
/** Tenants begin their day within the first ten minutes. */
const arriveWithin = 10 * minute;
const down = { from: 35 * minute, to: 35 * minute + 15 * second };
/** Corridor of two worker processes. */
const window = 4 * jobs['refresh-token'].concurrency;

type Token = {
  id: string;
  /** Asks so often on average, and not after that. */
  everyMs: number;
  leavesAt: number;
  askedAt?: number;
  notedAt?: number;
  usedAt?: Date;
  fetchedAt?: Date;
  expiresAt?: Date;
  firstFetchedAt?: number;
  lifeSeconds?: number;
  dueAt?: number;
  isInHand: boolean;
  isBeingFetched: boolean;
};

/** The same numbers in each run: a figure that changes has a reason. */
const seeded = (seed: number) => {
  let state = seed;
  return (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/**
 * The scheduler alone, for an hour in virtual time: an event loop in memory, driven by the rules that the hub goes by, with a
 * Maskinporten that takes its time. One client holds both scopes; a tenth of the tenants stop asking for a token some time.
 */
export const renewedInMemory = (tenants: number): Outcome & { told: string } => {
  const random = seeded(15);
  const between = (from: number, to: number) => from + random() * (to - from);
  const events = openHeap<{ at: number; run: () => void }>((a, b) => a.at < b.at);
  let now = 0;
  const at = (when: number, run: () => void) => events.push({ at: when, run });
  const isDown = () => now >= down.from && now < down.to;

  const fetches: number[] = [];
  let [coldMisses, firsts, left, inHand, pacedUntilMs, intervalsMs] = [0, 0, 0, 0, 0, 0];
  let [lookedAt, evenedAt] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const waiting: Token[] = [];

  const tokens: Token[] = Array.from({ length: 2 * tenants }, (_, number) => ({
    id: `token ${number}`,
    everyMs: between(5 * second, 150 * second),
    leavesAt: random() < 0.1 ? between(0, hour) : hour,
    isInHand: false,
    isBeingFetched: false,
  }));

  const fetch = (token: Token, renew: boolean, done: () => void) => {
    const askedAt = now;
    token.isBeingFetched = true;
    fetches.push(now);
    at(now + between(30, 300), () => {
      const before = token.dueAt;
      const fetched = { id: token.id, fetchedAt: new Date(now), expiresAt: new Date(askedAt + lifeSeconds * second) };
      const life = steadyLife(token.lifeSeconds, (fetched.expiresAt.getTime() - askedAt) / second);
      Object.assign(token, fetched, { lifeSeconds: life, isBeingFetched: false });
      token.firstFetchedAt ??= now;
      done();
      const dueAt = (renew ? nextRenewalOf : renewalOf)({ ...fetched, lifeSeconds: life }, part).getTime();
      owe(token, Math.min(dueAt, renew ? dueAt : (before ?? dueAt)));
    });
  };

  const owe = (token: Token, dueAt: number) => {
    token.dueAt = dueAt;
    at(Math.max(dueAt, now), () => {
      if (token.dueAt === dueAt && !token.isInHand) handOut(token);
    });
  };

  const evenOut = () => {
    if (now - lookedAt < second) return;
    lookedAt = now;
    const owed = tokens.filter((token) => token.dueAt !== undefined && !token.isInHand);
    const oldest = owed.reduce((least, { dueAt = now }) => Math.min(least, dueAt), now);
    if (now - oldest < behindMs || now - evenedAt < 10 * second) return;
    evenedAt = now;
    const used = owed.filter(({ usedAt }) => isUsedLately(usedAt, new Date(now)));
    const renewals = used.map((token) => ({
      token,
      dueAt: new Date(token.dueAt ?? now),
      periodMs: periodMs(token.lifeSeconds ?? lifeSeconds, part),
      usableUntil: new Date((token.expiresAt?.getTime() ?? 0) - safetyMarginMs(lifeSeconds * second)),
    }));
    for (const { renewal, dueAt } of evenedOut(renewals, new Date(now), mostPerSecond))
      owe(renewal.token, dueAt.getTime());
  };

  const handOut = (token: Token) => {
    if (isDown())
      at(down.to, () => token.dueAt !== undefined && token.dueAt <= now && !token.isInHand && handOut(token));
    else if (inHand >= window) waiting.push(token);
    else {
      inHand += 1;
      token.isInHand = true;
      evenOut();
      renew(token);
    }
  };
  const putDown = (token: Token) => {
    inHand -= 1;
    token.isInHand = false;
    const next = waiting.shift();
    if (next && next.dueAt !== undefined && next.dueAt <= now && !next.isInHand) handOut(next);
  };

  const renew = (token: Token) => {
    const { id, fetchedAt, expiresAt, firstFetchedAt = now } = token;
    if (!fetchedAt || !expiresAt || !isUsedLately(token.usedAt, new Date(now))) {
      delete token.dueAt;
      delete token.firstFetchedAt;
      intervalsMs += now - firstFetchedAt;
      left += 1;
      return putDown(token);
    }
    const notBefore = renewalOf({ id, fetchedAt, expiresAt, lifeSeconds: token.lifeSeconds ?? lifeSeconds }, part);
    const moments = momentsFor(1, { pacedUntilMs, nowMs: now, mostPerSecond });
    if (notBefore.getTime() <= now) ({ pacedUntilMs } = moments);
    if (notBefore.getTime() <= now && moments.many === 1) return fetch(token, true, () => putDown(token));
    putDown(token);
    owe(token, notBefore.getTime() > now ? notBefore.getTime() : Math.ceil(moments.fromMs));
  };

  const ask = (token: Token) => {
    if (now >= token.leavesAt) return;
    const { fetchedAt, expiresAt } = token;
    if (!fetchedAt || !expiresAt || usableUntil({ fetchedAt, expiresAt }).getTime() <= now) {
      // Used within ten minutes, less the one in which further uses are not noted.
      if (token.askedAt === undefined || now - token.askedAt > 9 * minute) firsts += 1;
      else coldMisses += 1;
      if (!token.isBeingFetched) fetch(token, false, () => undefined);
    }
    token.askedAt = now;
    if (now - (token.notedAt ?? Number.NEGATIVE_INFINITY) >= minute) {
      token.notedAt = now;
      at(now + second, () => {
        token.usedAt = new Date(now);
      });
    }
    at(now + between(0.1, 1.9) * token.everyMs, () => ask(token));
  };

  for (const token of tokens) at(between(0, arriveWithin), () => ask(token));
  for (let next = events.pop(); next && next.at < hour; next = events.pop()) {
    now = next.at;
    next.run();
  }
  for (const { firstFetchedAt } of tokens) intervalsMs += firstFetchedAt === undefined ? 0 : hour - firstFetchedAt;
  const intervalMs = periodMs(lifeSeconds, part);
  return {
    fetches,
    coldMisses,
    intervalMs,
    perInterval: (fetches.length * intervalMs) / intervalsMs,
    fromMs: arriveWithin,
    toMs: hour,
    backMs: down.to,
    told: `the scheduler alone, ${tenants} tenants × 2 scopes for an hour, workers away for 15 s: ${fetches.length} fetches, ${firsts} of them first ones, ${left} tokens left to die, ${coldMisses} cold misses`,
  };
};
