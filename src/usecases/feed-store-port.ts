import type { Feed } from '../domain/feed-pace.ts';
import type { ProblemCode } from '../domain/problem.ts';

/** Over all tenants that are not suspended and have a consent at Altinn that can change. */
export type FeedsSeen = {
  /** `pending` where at least one waits for its person. */
  while: 'pending' | 'accepted';
  tenants: number;
  /** How long ago the feed was read to its end that was read longest ago; or, of one never read since, the consent came. */
  stalestMs: number;
};

/** How far each tenant’s feed at Altinn has been read, one statement each. */
export type Feeds = {
  find(tenantId: string): Promise<Feed>;
  /**
   * The next free moment of the pace that all feeds share; one that lies ahead is kept beside the feed. Where more than `most`
   * are given away, a clock was wrong, and they begin anew.
   */
  takeTurn(tenantId: string, now: Date, pace: { everyMs: number; most: number }): Promise<Date>;
  /** No page came. With `forgetLink` reading begins anew at the position. */
  fail(tenantId: string, problem: ProblemCode | 'internal', forgetLink: boolean): Promise<void>;
  seen(now: Date): Promise<FeedsSeen[]>;
};

/** What a page leaves behind: no `nextLink` when it was the last one, and then `readAt`, when it was asked for. */
export type FeedMove = { position?: Date | undefined; nextLink?: string | undefined; readAt?: Date | undefined };
