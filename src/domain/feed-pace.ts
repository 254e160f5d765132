const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/**
 * So far before the newest news that was read the next look begins. Altinn holds news back for five minutes so that none
 * comes late; what comes twice does no harm, so we begin twice as far back.
 */
export const feedOverlapMs = 10 * minute;

/** So far before the oldest consent that can change a first look begins: our clock and Altinn’s may differ. */
const clockMarginMs = 3 * hour;

/** While somebody may still answer; and while there are only accepted ones, which may be revoked. */
export const pendingEveryMs = 2 * minute;
export const acceptedEveryMs = hour;

/** A turn at the pace of all feeds is good for so long after its moment: whoever comes later takes another. */
const turnKeptMs = 10 * second;

/** So many turns at most are given away ahead. */
export const mostTurnsAhead = 5000;

/** How far a tenant’s feed has been read, and whether anything in it can matter. */
export type Feed = {
  /** The newest news that was read, by Altinn’s clock. */
  position?: Date;
  /** To the next page, where the last one was not the end. */
  nextLink?: string;
  /** A turn that was taken and not used yet. */
  turnAt?: Date;
  /** When it was asked for the last time that it was read to its end. */
  readAt?: Date;
  /** Since when Altinn has had the oldest of the tenant’s consents that are pending, and of those that are accepted. */
  pendingSince?: Date;
  acceptedSince?: Date;
};

const olderOf = (one: Date | undefined, other: Date | undefined): Date | undefined =>
  one && other ? (one < other ? one : other) : (one ?? other);

/**
 * When the feed is to be read next, perhaps long ago; undefined while nothing in it can change anything. A read that lies ahead
 * was noted by a clock that was wrong, and puts nothing off.
 */
export const feedDue = ({ readAt, nextLink, pendingSince, acceptedSince }: Feed, now: Date): Date | undefined => {
  const since = olderOf(pendingSince, acceptedSince);
  if (!since) return undefined;
  if (!readAt || readAt > now || nextLink) return since < now ? since : now;
  return new Date(readAt.getTime() + (pendingSince ? pendingEveryMs : acceptedEveryMs));
};

/** When it is to be read first, or again, once a consent has come to Altinn. */
export const feedDueAfter = (requestedAt: Date): Date => new Date(requestedAt.getTime() + pendingEveryMs);

/**
 * Where to read from. What is older than the oldest consent that can change cannot matter: a tenant that had none for weeks has
 * nothing to catch up with, and a link that was kept from then is not followed.
 */
export const feedPlace = ({ nextLink, position, ...feed }: Feed): { link: string } | { after: Date } | undefined => {
  const since = olderOf(feed.pendingSince, feed.acceptedSince);
  if (!since) return undefined;
  const floorMs = since.getTime() - clockMarginMs;
  if (nextLink && (!position || position.getTime() >= floorMs)) return { link: nextLink };
  return { after: new Date(Math.max(floorMs, position ? position.getTime() - feedOverlapMs : floorMs)) };
};

/** The turn that may be used now, or has to be waited for; one beyond `mostAheadMs` was given by a clock that was wrong. */
export const keptTurn = (
  { turnAt }: Pick<Feed, 'turnAt'>,
  now: Date,
  mostAheadMs: number,
  keptMs = turnKeptMs,
): Date | undefined => {
  const aheadMs = (turnAt?.getTime() ?? Number.NaN) - now.getTime();
  return aheadMs > -keptMs && aheadMs <= mostAheadMs ? turnAt : undefined;
};

/** The place after a page: its newest news, but never ahead of us: what a wrong clock dated would hide what comes next. */
export const placeAfter = (news: readonly { at: Date }[], now: Date): Date | undefined => {
  const newest = news.reduce((most, { at }) => Math.max(most, at.getTime()), Number.NEGATIVE_INFINITY);
  return news.length > 0 ? new Date(Math.min(newest, now.getTime())) : undefined;
};
