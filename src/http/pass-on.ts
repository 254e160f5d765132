import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { atEndOfTurn } from '../lib/end-of-turn.ts';
import type { DataReply } from '../usecases/data-port.ts';

/** A request that is passed on instead of being read, and where its answer goes. */
export type Passing = {
  /** What stands after the route's own part of the path, as it was written. */
  rest: string;
  query: string;
  headers: IncomingHttpHeaders;
  body: { bytes: AsyncIterable<Uint8Array>; length?: number } | undefined;
  reply: DataReply;
};

const bodyOf = (request: IncomingMessage): Passing['body'] => {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  if (coding !== undefined) return { bytes: request };
  return length === undefined || Number(length) === 0 ? undefined : { bytes: request, length: Number(length) };
};

/** So much is held until its end, in bytes. */
const mostWhole = 8192;

/** A response as whoever writes an answer into it sees it: begun with our headers, no faster than it is read. */
const replyInto = (response: ServerResponse, head: () => string[]): DataReply => {
  let drained = () => {};
  let isHeard = false;
  let left = () => {};
  /** Of an answer that came whole with its head: both go out in one write. */
  let awaited: number | undefined;
  let whole: Uint8Array | undefined;
  const written = (isTaken: boolean): boolean => {
    if (!isTaken && !isHeard) response.on('drain', () => drained());
    isHeard ||= !isTaken;
    return isTaken;
  };
  response.once('close', () => {
    if (!response.writableFinished) left();
  });
  return {
    begin(status, headers) {
      const all = head();
      for (const each of headers) all.push(each);
      response.writeHead(status, all);
      const at = headers.indexOf('content-length');
      awaited = at < 0 ? undefined : Number(headers[at + 1]);
    },
    write(bytes) {
      if (bytes.length !== awaited || bytes.length > mostWhole) {
        awaited = undefined;
        return written(response.write(bytes));
      }
      whole = bytes;
      return true;
    },
    end: () =>
      atEndOfTurn(() => {
        // Byte for byte, and with its head one text: one write to the system instead of a list of two.
        if (whole) response.end(Buffer.from(whole.buffer, whole.byteOffset, whole.length).toString('latin1'), 'latin1');
        else response.end();
      }),
    break: () => void response.destroy(),
    onDrained(listener) {
      drained = listener;
    },
    onLeft(listener) {
      left = listener;
      if (response.destroyed) left();
    },
  };
};

/** `head`: the headers that all answers carry, as they are when it begins. */
export const passingOf = (
  request: IncomingMessage,
  response: ServerResponse,
  { rest, query }: Pick<Passing, 'rest' | 'query'>,
  head: () => string[],
): Passing => ({
  rest,
  query,
  headers: request.headers,
  body: bodyOf(request),
  reply: replyInto(response, head),
});
