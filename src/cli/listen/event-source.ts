import { setTimeout as pause } from 'node:timers/promises';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { EventView } from '../../domain/event.ts';
import { backoff } from '../../lib/backoff.ts';
import { Away, type Call, notThere, Refused, reasonOf } from './hub-call.ts';

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
  let heardOnce = false;
  let listens = false;

  const pageAfter = async (place: string | undefined): Promise<Page> => {
    const query = new URLSearchParams({ limit: '200', ...(place === undefined ? {} : { cursor: place }) });
    const response = await call(
      `/v1/events?${query}`,
      { accept: 'application/json' },
      AbortSignal.any([signal, AbortSignal.timeout(callMs)]),
    );
    const page = response.status === 404 ? undefined : await response.json().catch(() => undefined);
    if (!isPage(page)) throw notThere(hub);
    heardOnce = true;
    failures = 0;
    return page;
  };

  /** Pages until there is nothing more. */
  async function* read(): AsyncGenerator<Heard> {
    for (;;) {
      const page = await pageAfter(cursor);
      cursor = page.next;
      for (const event of page.items) yield { event, cursor };
      if (page.items.length === 0) return;
    }
  }

  async function* stream(): AsyncGenerator<Heard> {
    const silent = new AbortController();
    const watch = setTimeout(() => silent.abort(), silentMs);
    try {
      const response = await call(
        '/v1/events/stream',
        { accept: 'text/event-stream', ...(cursor === undefined ? {} : { 'last-event-id': cursor }) },
        AbortSignal.any([signal, silent.signal]),
      );
      if (response.status === 404 || !response.body) {
        streams = false;
        return;
      }
      const isAlive = () => void watch.refresh();
      const messages = response.body
        .pipeThrough(new TextDecoderStream())
        .pipeThrough(new EventSourceParserStream({ onComment: isAlive }));
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
      // What happened before or meanwhile comes first, so that a stream always has a place to go on from.
      for await (const heard of read()) if (listens || from !== 'now') yield heard;
      if (!listens) note(`Listening to ${hub.origin}; Ctrl-C ends it`);
      listens = true;
      if (streams) yield* stream();
      else await pause(pollMs, undefined, { signal });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Away)) throw error;
      if (!heardOnce && error.afterMs === 0 && error.message.startsWith('no answer')) throw new Refused(error.message);
      failures += 1;
      const ms = Math.max(again(failures), error.afterMs);
      note(`${error.message}; trying again in ${(ms / 1000).toFixed(1)} s`);
      await pause(ms, undefined, { signal }).catch(() => undefined);
    }
  }
}
