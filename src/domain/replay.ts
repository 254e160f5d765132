import { type EventType, eventTypes, isOfEndpoint } from './event.ts';

/** Sent again at once, at most: more is asked for in parts. */
export const mostReplayed = 50_000;

/** Replayed deliveries to one endpoint go out so far apart, however many replays there are. */
export const replayEveryMs = 50;

/** What of it can be sent again: types the endpoint wants, among those asked for. */
export const replayedTypes = (wanted: readonly EventType[], asked: readonly EventType[] | undefined): EventType[] =>
  eventTypes.filter(
    (type) =>
      (asked === undefined || asked.includes(type)) &&
      // A ping is sent to whatever endpoint it was asked for.
      (wanted.length === 0 || wanted.includes(type) || type === 'ping'),
  );

/** Those that go only where they went before. */
export const boundTypes: readonly EventType[] = eventTypes.filter(isOfEndpoint);
