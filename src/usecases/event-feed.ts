import type { EventView } from '../domain/event.ts';

/** An event with the cursor that goes on after it. */
export type FollowedEvent = { event: EventView; cursor: string };
/**
 * Why a stream ended: whoever followed is gone, key or tenant is stopped, the token it was opened with has ended, none of that
 * could be looked at, or what it should have read next has been dropped.
 */
export type FeedEnding = 'gone' | 'stopped' | 'ended' | 'unsure' | 'expired';
/** Events as they happen. Whoever asked for it closes it. */
export type EventFeed = {
  /** Of where it begins. */
  cursor: string;
  /** Aborted when whoever follows may do so no longer. */
  over: AbortSignal;
  /** Once. Ends soon after `over` or `gone` is aborted. */
  pages(gone: AbortSignal): AsyncGenerator<readonly FollowedEvent[], FeedEnding, undefined>;
  close(): void;
};
