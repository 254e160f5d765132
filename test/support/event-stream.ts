import { until } from './until.ts';

export type StreamedEvent = {
  lastId: string;
  type: string;
  event: { id: string; type: string; sequence: number; data: unknown };
};

export type EventStream = {
  status: number;
  headers: Headers;
  /** What came instead of a stream. */
  problem?: Record<string, unknown>;
  events: StreamedEvent[];
  comments: string[];
  retryMs: () => number;
  /** Of the last block that had one, as a browser keeps it. */
  lastId: () => string;
  /** Waits until so many events have come in all. */
  got(many: number): Promise<StreamedEvent[]>;
  /** When it ended, and whether the other side said so or the line broke. */
  ended: Promise<{ at: number; how: 'ended' | 'broken' }>;
  isOpen: () => boolean;
  close(): void;
};

type From = { lastEventId?: string; cursor?: string };

/** As the HTML standard reads server-sent events, a block at a time. */
const readBlock = (
  block: string,
  stream: Pick<EventStream, 'events' | 'comments'>,
  at: { id: string; retry: number },
) => {
  let type = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    if (line.startsWith(':')) stream.comments.push(line.slice(1).trim());
    else if (name === 'id') at.id = value;
    else if (name === 'event') type = value;
    else if (name === 'data') data.push(value);
    else if (name === 'retry') at.retry = Number(value);
    else throw new Error(`no line of a stream: ${line}`);
  }
  if (data.length > 0) stream.events.push({ lastId: at.id, type, event: JSON.parse(data.join('\n')) });
};

/** Opens a stream of events, and reads on by itself. */
export const openEventStream = async (url: string, key: string, from: From = {}): Promise<EventStream> => {
  const leave = new AbortController();
  const query = from.cursor === undefined ? '' : `?cursor=${from.cursor}`;
  const response = await fetch(`${url}/v1/events/stream${query}`, {
    signal: leave.signal,
    headers: {
      authorization: `Bearer ${key}`,
      accept: 'text/event-stream',
      ...(from.lastEventId === undefined ? {} : { 'last-event-id': from.lastEventId }),
    },
  });
  const events: StreamedEvent[] = [];
  const comments: string[] = [];
  const at = { id: from.lastEventId ?? '', retry: 0 };
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const problem = isStream ? undefined : ((await response.json()) as Record<string, unknown>);
  let isOpen = isStream;
  const read = async (): Promise<'ended' | 'broken'> => {
    let text = '';
    const decoder = new TextDecoder();
    try {
      for await (const bytes of response.body ?? []) {
        const blocks = (text + decoder.decode(bytes, { stream: true })).split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) readBlock(block, { events, comments }, at);
      }
      return 'ended';
    } catch {
      return 'broken';
    }
  };
  const ended = (isStream ? read() : Promise.resolve('ended' as const)).then((how) => {
    isOpen = false;
    return { at: performance.now(), how };
  });
  return {
    status: response.status,
    headers: response.headers,
    ...(problem ? { problem } : {}),
    events,
    comments,
    retryMs: () => at.retry,
    lastId: () => at.id,
    async got(many) {
      await until(`${many} events to be streamed`, () => events.length >= many);
      return events;
    },
    ended,
    isOpen: () => isOpen,
    close: () => leave.abort(),
  };
};
