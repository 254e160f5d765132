import { createHash } from 'node:crypto';
import { safetyMarginMs } from './token.ts';

/** What says when a token is to be renewed. */
export type Renewable = {
  /** Of its row: where in the period it has its place. */
  id: string;
  /** How long such tokens live; see `steadyLife`. */
  lifeSeconds: number;
  fetchedAt: Date;
  expiresAt: Date;
};

/** A token that nobody has used for so long is left to die. */
const usedLatelyMs = 10 * 60_000;

export const usedSince = (now: Date): Date => new Date(now.getTime() - usedLatelyMs);

export const isUsedLately = (usedAt: Date | undefined, now: Date): boolean =>
  usedAt !== undefined && usedAt > usedSince(now);

/** So much of its life is kept free before a token's last useful moment: its successor takes a while to come. */
const reserveOf = (lifeMs: number): number => lifeMs / 20;

/** By so much of a period a late renewal draws nearer to its place each time, and a young token is not renewed yet. */
export const easing = 1 / 8;

/**
 * The life that a token's rhythm goes by: the one known before, unless what came now differs by more than a twentieth. A
 * second more or less would else give it another place in the period each time.
 */
export const steadyLife = (known: number | undefined, seconds: number): number =>
  known !== undefined && Math.abs(seconds - known) <= known / 20 ? known : Math.max(1, Math.round(seconds));

/** Of a token that was kept before its life was noted, its own. */
export const lifeOf = (token: { lifeSeconds?: number | null | undefined; fetchedAt: Date; expiresAt: Date }): number =>
  token.lifeSeconds ?? steadyLife(undefined, (token.expiresAt.getTime() - token.fetchedAt.getTime()) / 1000);

/** From one renewal to the next. @param part of a life, 0 to 1 */
export const periodMs = (lifeSeconds: number, part: number): number => Math.round(lifeSeconds * 1000 * part);

/** Where in each period a token has its place: anywhere, and always the same. */
const placeMs = (id: string, period: number): number =>
  Math.floor((createHash('sha256').update(id).digest().readUIntBE(0, 6) / 2 ** 48) * period);

/** How far `at` is into the period of a token, counted from its place. */
const intoPeriod = (at: number, place: number, period: number): number => (((at - place) % period) + period) % period;

/** How long after it came it may be renewed at the latest. */
const usableMs = ({ fetchedAt, expiresAt }: Renewable): number => {
  const life = expiresAt.getTime() - fetchedAt.getTime();
  return Math.floor(Math.max(0, life - safetyMarginMs(life) - reserveOf(life)));
};

/**
 * When a token is fetched anew, so that nobody waits for one. Each has a place in the period, by the id of its row, and is
 * renewed there period after period: so as many come in one second as in another, however their first ones came, and also
 * after a restart.
 *
 * The first interval is whatever leads there: from an eighth of a period to nine eighths, and never so long that its
 * successor would come too late.
 */
export const renewalOf = (token: Renewable, part: number): Date => {
  const period = periodMs(token.lifeSeconds, part);
  const from = token.fetchedAt.getTime();
  const usable = usableMs(token);
  // It came so late that its place may lie behind its end.
  if (usable < period) return new Date(from + Math.floor(usable / 2));
  const last = from + Math.min(Math.round(period * (1 + easing)), usable);
  return new Date(last - intoPeriod(last, placeMs(token.id, period), period));
};

/**
 * As `renewalOf`, for a token that took the place of one that was still good. One that came late comes back to its place
 * little by little: all at once, those that a standstill delayed would meet those that are on time again.
 */
export const nextRenewalOf = (token: Renewable, part: number): Date => {
  const period = periodMs(token.lifeSeconds, part);
  if (usableMs(token) < period) return renewalOf(token, part);
  const from = token.fetchedAt.getTime();
  const late = intoPeriod(from, placeMs(token.id, period), period);
  return new Date(from + Math.max(period - late, Math.round(period * (1 - easing))));
};
