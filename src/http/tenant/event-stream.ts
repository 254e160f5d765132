import type { EventFeed, FeedEnding, FollowedEvent } from '../../usecases/use-cases.ts';
import type { Stream } from '../route.ts';
import { Event } from './event-schema.ts';

/** A connection on which nothing passes is cut by somebody in between, after a minute or so. */
const beatMs = 15_000;
/** When to come back: not all in the same moment, since a process that closes sends all away at once. */
const retryMs = () => 1000 + Math.floor(Math.random() * 2000);

const lastWords: Record<FeedEnding, string> = {
  gone: 'the hub is closing this process; come back with Last-Event-ID',
  stopped: 'the key or its tenant has been stopped',
  ended: 'the token has ended; come back with another and Last-Event-ID',
  unsure: 'the key could not be looked at; come back with Last-Event-ID',
  expired: 'what comes next has been dropped as too old; come back with Last-Event-ID to read from where one can go on',
};

/** Of an event, once for all who follow its tenant here. */
const texts = new WeakMap<FollowedEvent, string>();
const textOf = (followed: FollowedEvent): string => {
  const known = texts.get(followed);
  if (known !== undefined) return known;
  const { cursor, event } = followed;
  const text = `id: ${cursor}\nevent: ${event.type}\ndata: ${JSON.stringify(Event.parse(event))}\n\n`;
  texts.set(followed, text);
  return text;
};

/** A comment each time that nothing came for so long. A race a beat would leave something behind at `next`, which may last for days. */
async function* untilThere<T>(next: Promise<T>, everyMs: number): AsyncGenerator<string, T> {
  let isThere = false;
  let rouse = () => {};
  const there = () => {
    isThere = true;
    rouse();
  };
  next.then(there, there);
  for (;;) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, everyMs);
      rouse = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    if (isThere) return next;
    yield ': nothing new\n\n';
  }
}

/** Server-sent events. Begins at once with an id, so that whoever is cut off before the first event misses none either. */
async function* pieces(feed: EventFeed, gone: AbortSignal, everyMs: number): AsyncGenerator<string, FeedEnding> {
  yield `: these are events as they happen\nretry: ${retryMs()}\nid: ${feed.cursor}\n\n`;
  const pages = feed.pages(gone);
  let next = pages.next();
  for (;;) {
    const page = yield* untilThere(next, everyMs);
    if (page.done) {
      yield `: ${lastWords[page.value]}\n\n`;
      return page.value;
    }
    yield page.value.map(textOf).join('');
    next = pages.next();
  }
}

export const eventStream = (feed: EventFeed, everyMs = beatMs): Stream => ({
  type: 'text/event-stream; charset=utf-8',
  over: feed.over,
  pieces: (gone) => pieces(feed, gone, everyMs),
  close: feed.close,
});
