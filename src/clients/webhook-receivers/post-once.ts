import type { Dispatcher } from 'undici';

export type Answered = {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  /** The answer's beginning. */
  bytes: Buffer;
  /** Was there more than that, or did it break off? */
  isCut: boolean;
};

type Ask = { path: string; headers: Record<string, string>; body: string };

const enough = new Error('enough of it was read');

/**
 * Posts, and takes the beginning of the answer as it comes, without a stream between. Whoever sends on gets the connection
 * broken; once the status has come, what was read of the rest will do.
 *
 * @throws whatever went wrong before there was a status; the signal's reason when that came first
 */
export const postOnce = (pool: Dispatcher, ask: Ask, maxBytes: number, signal: AbortSignal): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    let head: Pick<Answered, 'status' | 'headers'> | undefined;
    let running: Dispatcher.DispatchController | undefined;

    const end = (isCut: boolean, error?: unknown): void => {
      signal.removeEventListener('abort', stop);
      if (head) resolve({ ...head, bytes: Buffer.concat(chunks).subarray(0, maxBytes), isCut });
      else reject(error);
    };
    // One that waits for a connection yet has nothing to break off: it is told when its turn comes.
    const stop = (): void => {
      running?.abort(signal.reason);
      end(true, signal.reason);
    };
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });

    pool.dispatch(
      { method: 'POST', ...ask },
      {
        onRequestStart(controller) {
          running = controller;
          if (signal.aborted) controller.abort(signal.reason);
        },
        onResponseStart(_controller, status, headers) {
          // Words on the way (1xx) are no answer.
          if (status >= 200) head = { status, headers };
        },
        onResponseData(controller, chunk) {
          chunks.push(chunk);
          length += chunk.length;
          if (length <= maxBytes) return;
          end(true);
          controller.abort(enough);
        },
        onResponseEnd: () => end(false),
        onResponseError: (_controller, error) => end(true, error),
      },
    );
  });
