import { setTimeout as pause } from 'node:timers/promises';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { EventView } from '../../domain/event.ts';
import { backoff } from '../../lib/backoff.ts';
import { Away, type Call, notAHub, Refused, reasonOf } from './hub-call.ts';

export type Heard = { event: EventView; cursor: string };

type Options = {
  hub: URL;
  call: Call;
  from: 'now' | 'start' | { cursor: string };
  signal: AbortSignal;
  /** What is worth a word to whoever watches. */
  note(text: string): void;
};

/** The hub is heard from every few seconds, be it by a heartbeat: what is silent for longer has been cut somewhere. */
const silentMs = 60_000;
const pollMs = 2000;
const callMs = 30_000;
const again = backoff(500, 15_000);

type Page = { items: EventView[]; next: string };
const isPage = (value: unknown): value is Page =>
  typeof value === 'object' && value !== null && 'items' in value && Array.isArray(value.items) && 'next' in value;

const isEvent = (value: unknown): value is EventView =>
  typeof value === 'object' && value !== null && 'id' in value && 'type' in value && 'sequence' in value;

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** The events of a tenant, each once and in order, for as long as nobody stops it. @throws Refused */
export async function* hear({ hub, call, from, signal, note }: Options): AsyncGenerator<Heard> {
  let cursor = typeof from === 'object' ? from.cursor : undefined;
  let streams = true;
  let failures = 0;
  let listens = false;

  const isListening = () => {
    failures = 0;
    if (!listens) note(`Listening to ${hub.origin}; Ctrl-C ends it`);
    listens = true;
  };

  const pageAfter = async (place: string | undefined): Promise<Page> => {
    const query = new URLSearchParams({ limit: '200', ...(place === undefined ? {} : { cursor: place }) });
    const within = AbortSignal.any([signal, AbortSignal.timeout(callMs)]);
    const response = await call(`/v1/events?${query}`, { accept: 'application/json' }, within);
    const page = response.status === 404 ? undefined : await response.json().catch(() => undefined);
    if (!isPage(page)) throw notAHub(hub);
    return page;
  };

  /** Pages until there is nothing more: what happened before, and later what happened meanwhile. */
  async function* read(): AsyncGenerator<Heard> {
    for (;;) {
      const page = await pageAfter(cursor);
      cursor = page.next;
      if (listens || from !== 'now') for (const event of page.items) yield { event, cursor };
      if (page.items.length === 0) return isListening();
    }
  }

  /** Without a cursor it begins with what happens from now on, and says at once where that is. */
  async function* stream(): AsyncGenerator<Heard> {
    const silent = new AbortController();
    const watch = setTimeout(() => silent.abort(), silentMs);
    try {
      const response = await call(
        '/v1/events/stream',
        { accept: 'text/event-stream', ...(cursor === undefined ? {} : { 'last-event-id': cursor }) },
        AbortSignal.any([signal, silent.signal]),
      );
      streams = response.status === 200 && response.body !== null;
      if (!streams || !response.body) return;
      if (!response.headers.get('content-type')?.startsWith('text/event-stream')) throw notAHub(hub);
      const isAlive = () => void watch.refresh();
      // An id before the first event; those of events count when the whole event is there.
      const onId = (id: string) => {
        cursor ??= id;
      };
      const messages = response.body
        .pipeThrough(new TextDecoderStream())
        .pipeThrough(new EventSourceParserStream({ onComment: isAlive, onId }));
      isListening();
      for await (const { id, data } of messages) {
        isAlive();
        failures = 0;
        const event = parsed(data);
        if (id !== undefined) cursor = id;
        if (isEvent(event)) yield { event, cursor: cursor ?? '' };
      }
      throw new Away('the hub ended the stream');
    } catch (error) {
      if (error instanceof Refused || error instanceof Away || signal.aborted) throw error;
      throw new Away(silent.signal.aborted ? 'the hub has fallen silent' : `the stream broke (${reasonOf(error)})`);
    } finally {
      clearTimeout(watch);
    }
  }

  while (!signal.aborted) {
    try {
      if (streams && (cursor !== undefined || from === 'now')) yield* stream();
      else yield* read();
      if (!streams && listens) await pause(pollMs, undefined, { signal });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Away)) throw error;
      if (!listens && error.isUnreachable) throw new Refused(error.message);
      failures += 1;
      const ms = Math.max(again(failures), error.afterMs);
      note(`${error.message}; trying again in ${(ms / 1000).toFixed(1)} s`);
      await pause(ms, undefined, { signal }).catch(() => undefined);
    }
  }
}
