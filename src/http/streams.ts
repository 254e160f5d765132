import type { ServerResponse } from 'node:http';
import type { Log } from '../lib/log.ts';
import type { Stream } from './route.ts';

export type Streams = {
  /** Resolves when it has ended, with why. */
  send(response: ServerResponse, head: string[], stream: Stream): Promise<string>;
  /** Ends those that are open, and each that begins from now on. */
  close(): void;
};

type Options = {
  log: Log;
  onCount?: ((open: number) => void) | undefined;
  /** A reader that takes nothing for so long is cut. */
  slowMs?: number;
  /** What is still to be written when it ends has so long. */
  lastMs?: number;
};

/** Until that event, until all is lost anyway, or until one of the signals; false when none came in time. */
const comes = (
  response: ServerResponse,
  event: 'drain' | 'finish',
  withinMs: number,
  signals: readonly AbortSignal[] = [],
): Promise<boolean> =>
  new Promise((resolve) => {
    const end = (isThere: boolean) => {
      clearTimeout(timer);
      response.off(event, there).off('close', there);
      for (const signal of signals) signal.removeEventListener('abort', there);
      resolve(isThere);
    };
    const there = () => end(true);
    const timer = setTimeout(() => end(false), withinMs);
    response.on(event, there).on('close', there);
    for (const signal of signals) signal.addEventListener('abort', there);
  });

/**
 * Writes streams: no faster than they are read, so that a reader costs what is under way and no more, and for no longer than
 * they may be read.
 */
export const openStreams = ({ log, onCount, slowMs = 30_000, lastMs = 1000 }: Options): Streams => {
  const open = new Set<() => void>();
  let isClosing = false;

  const write = async (response: ServerResponse, stream: Stream, gone: AbortSignal): Promise<string> => {
    const pieces = stream.pieces(gone);
    for (;;) {
      const piece = await pieces.next();
      if (response.destroyed) return 'left';
      if (piece.done) return piece.value;
      if (response.write(piece.value) || stream.over.aborted || gone.aborted) continue;
      // Whoever may have no more is not waited for.
      if (!(await comes(response, 'drain', slowMs, [stream.over, gone]))) {
        response.destroy();
        return 'slow';
      }
    }
  };

  /** What is left in this process has a moment to get out. */
  const finish = async (response: ServerResponse): Promise<void> => {
    if (response.destroyed) return;
    const finished = comes(response, 'finish', lastMs);
    response.end();
    if (!(await finished)) response.destroy();
  };

  return {
    async send(response, head, stream) {
      const leave = new AbortController();
      const end = () => leave.abort();
      open.add(end);
      onCount?.(open.size);
      response.once('close', end);
      if (isClosing || response.destroyed) end();
      try {
        response.writeHead(200, head);
        // HEAD: what it would be, and nothing of it.
        return response.req.method === 'HEAD' ? 'head' : await write(response, stream, leave.signal);
      } catch (error) {
        log.error({ error }, 'a stream broke');
        response.destroy();
        return 'broken';
      } finally {
        stream.close();
        await finish(response);
        response.off('close', end);
        open.delete(end);
        onCount?.(open.size);
      }
    },
    close() {
      isClosing = true;
      for (const end of open) end();
    },
  };
};
