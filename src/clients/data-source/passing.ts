import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { Problem } from '../../domain/problem.ts';
import type { DataBody, DataCall, DataEnding, DataTaker } from '../../usecases/data-port.ts';
import { CallerLeft, isOfConnection, problemOf, reasonOf } from './ways-to-fail.ts';

/** How long a data source may be silent: until its answer begins, and within it. */
export type Patience = { firstByteMs: number; idleMs: number };

/** Thrown where nothing of an answer came and a fresh connection may do better. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered';
}

/**
 * So much is held, in bytes, before the source has to wait: undici forgets what it has read of a paused answer whose source
 * hangs up.
 */
const mostHeld = 64 * 1024;

const isRedirect = (status: number): boolean => status >= 300 && status < 400 && status !== 304;

/** Of a body whose length nobody said: no more than may be sent. */
async function* upTo(most: number, { bytes }: DataBody): AsyncGenerator<Uint8Array> {
  let sent = 0;
  for await (const chunk of bytes) {
    sent += chunk.length;
    if (sent > most) throw new Problem('data-too-large', `${most} bytes may be sent at most`);
    yield chunk;
  }
}

/** Bytes as undici takes them. What says its length is held to it by whoever reads it off the wire. */
const bodyOf = ({ body, maxBytes }: DataCall): Readable | null => {
  if (!body) return null;
  // undici takes whatever can be iterated; its types say less.
  return (body.length === undefined ? upTo(maxBytes, body) : body.bytes) as Readable;
};

/**
 * One try: an answer's head and bytes go to the taker in the moment they come, and no faster than it takes them. Nothing is
 * between them but the chunk at hand.
 */
export class Passing implements Dispatcher.DispatchHandler {
  private readonly call: DataCall;
  private readonly taker: DataTaker;
  private readonly settle: { resolve(ending: DataEnding): void; reject(error: unknown): void };
  private controller: Dispatcher.DispatchController | undefined;
  private status: number | undefined;
  private sentBytes = 0;
  private readBytes = 0;
  private stopped: Error | undefined;
  private isOver = false;
  /** Its head came: whatever it is, it is the answer. */
  private isAnswered = false;
  /** What came while something has to be done first. */
  private held: Uint8Array[] | undefined;
  /** All of it has been read. */
  private hasEnded = false;

  constructor(call: DataCall, taker: DataTaker, settle: Passing['settle']) {
    this.call = call;
    this.taker = taker;
    this.settle = settle;
    taker.onLeft(() => this.stop(new CallerLeft('the caller left')));
    taker.onDrained(() => this.controller?.resume());
  }

  /** Ends it, also where it has not found a connection yet. */
  stop(why: Error): void {
    if (this.isOver || this.stopped) return;
    this.stopped = why;
    // Of one that has been read to its end nothing can be broken off.
    if (this.controller && !this.hasEnded) this.controller.abort(why);
    else this.fail(why);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.stopped) controller.abort(this.stopped);
  }

  onBodySent(chunk: Uint8Array): void {
    this.sentBytes += chunk.length;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // Only said on the way to an answer.
    if (status < 200) return;
    if (isRedirect(status)) throw new Problem('data-source-redirected', `The data source answered ${status}`);
    if (Number(headers['content-length']) > this.call.maxBytes) throw this.tooLarge();
    this.isAnswered = true;
    const begin = () => {
      this.taker.begin(status, headers);
      this.status = status;
    };
    const beforehand = this.taker.beforehand?.(status);
    if (!beforehand) {
      begin();
      return;
    }
    this.held = [];
    beforehand
      .then(() => this.goOn(begin))
      // Ours, not the data source's.
      .catch((cause) =>
        this.stop(cause instanceof Problem ? cause : new Problem('internal', 'Nothing was passed on', { cause })),
      );
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.readBytes += chunk.length;
    if (this.readBytes > this.call.maxBytes) throw this.tooLarge();
    if (this.held) {
      this.held.push(chunk);
      if (this.readBytes > mostHeld) controller.pause();
    } else if (!this.taker.write(chunk)) controller.pause();
  }

  onResponseEnd(): void {
    if (this.isOver) return;
    this.hasEnded = true;
    if (!this.held) this.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(this.stopped ?? error);
  }

  /** What was to be done first has been done: what came meanwhile is passed on, and then the rest. */
  private goOn(begin: () => void): void {
    const { held } = this;
    if (this.isOver || !held) return;
    this.held = undefined;
    begin();
    let isTaken = true;
    for (const chunk of held) isTaken = this.taker.write(chunk);
    if (this.hasEnded) this.end();
    else if (isTaken) this.controller?.resume();
  }

  private end(): void {
    this.taker.end();
    this.over('whole');
  }

  private tooLarge(): Problem {
    return new Problem('data-answer-too-large', `It is longer than ${this.call.maxBytes} bytes`);
  }

  private over(ended: DataEnding['ended'], why?: string): void {
    this.isOver = true;
    const { status, sentBytes, readBytes } = this;
    this.settle.resolve({
      ended,
      ...(status === undefined ? {} : { status }),
      ...(why === undefined ? {} : { why }),
      sentBytes,
      readBytes,
    });
  }

  private fail(error: Error): void {
    if (this.isOver) return;
    if (error instanceof CallerLeft) this.over('left');
    else if (this.status !== undefined) {
      this.taker.break();
      this.over('cut', error instanceof Problem ? error.code : reasonOf(error));
    } else {
      this.isOver = true;
      const problem = problemOf(error);
      this.settle.reject(
        isOfConnection(error) && !this.isAnswered ? new Unanswered('no answer', { cause: problem }) : problem,
      );
    }
  }
}

export const callOptions = (call: DataCall, { firstByteMs, idleMs }: Patience): Dispatcher.DispatchOptions => ({
  method: call.method,
  path: call.path,
  headers:
    call.body?.length === undefined
      ? { ...call.headers }
      : { ...call.headers, 'content-length': String(call.body.length) },
  body: bodyOf(call),
  headersTimeout: Math.min(firstByteMs, call.timeoutMs),
  bodyTimeout: Math.min(idleMs, call.timeoutMs),
});
