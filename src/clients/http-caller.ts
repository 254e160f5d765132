import { STATUS_CODES } from 'node:http';
import { Agent, type Dispatcher, request } from 'undici';

/** `body` is the JSON where it is some, else the text, or undefined when empty. */
export type HttpAnswer = {
  status: number;
  body: unknown;
  /** The reason phrase, where it is not the usual one: some say there what belongs in a body. */
  reason?: string;
  retryAfterSeconds?: number;
  /** For how long it may be kept, by its `Cache-Control`. */
  maxAgeSeconds?: number;
  /** The other side's clock, by its `Date` header; of an answer out of a cache (`Age`) it would be an earlier time. */
  date?: Date;
};

type Failure = {
  /** What Node or undici calls it. */
  reason: string;
  /** A connection that broke, which a fresh one may not. */
  wasReset: boolean;
  /** Whether any of it can have left: not while a name is looked up, a connection made or TLS agreed on. */
  wasSent: boolean;
};

/** No answer, or none that could be read. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly failure: Failure;
  constructor(message: string, failure: Failure) {
    super(message);
    this.failure = failure;
  }
}

export type HttpCall = {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  url: URL;
  headers?: Record<string, string>;
  body?: string;
};

export type HttpCaller = {
  /** Follows no redirects. @throws NoAnswer */
  call(ask: HttpCall, signal?: AbortSignal): Promise<HttpAnswer>;
  close(): Promise<void>;
};

const resets = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);
const usualBytes = 1_000_000;
/** What is under way at the end gets so long to finish. */
const closingMs = 5000;

const asJson = (text: string): unknown => {
  try {
    return text.trim() === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
};

const only = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

/** `Retry-After` in seconds, whether it says seconds or a date. */
export const retryAfterSeconds = (header: string | string[] | undefined, now: Date | undefined): number | undefined => {
  const text = only(header)?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const waitMs = Date.parse(text) - (now?.getTime() ?? Number.NaN);
  return Number.isNaN(waitMs) ? undefined : Math.max(0, Math.ceil(waitMs / 1000));
};

const maxAgeSeconds = (header: string | string[] | undefined): number | undefined => {
  const [, seconds] = /(?:^|[\s,])max-age="?(\d{1,9})/i.exec(only(header) ?? '') ?? [];
  return seconds === undefined ? undefined : Number(seconds);
};

/** Calls back when a request is about to be written to a connection that stands. */
const noting =
  (onStart: () => void): Dispatcher.DispatcherComposeInterceptor =>
  (dispatch) =>
  (options, handler) =>
    dispatch(options, {
      onRequestStart(controller, context) {
        handler.onRequestStart?.(controller, context);
        // Whoever has no patience left says so here, before anything is written.
        if (!controller.aborted) onStart();
      },
      onRequestUpgrade: (...given) => handler.onRequestUpgrade?.(...given),
      onResponseStart: (...given) => handler.onResponseStart?.(...given),
      onResponseData: (...given) => handler.onResponseData?.(...given),
      onResponseEnd: (...given) => handler.onResponseEnd?.(...given),
      onResponseError: (...given) => handler.onResponseError?.(...given),
    });

/** Shown to whoever asks who we are, and whom we trust beside the usual authorities; all in PEM. */
export type CallerTls = { cert: string; key: string; ca?: string; maxVersion?: 'TLSv1.2' };

type Options = {
  timeoutMs?: number | undefined;
  /** An answer that is longer is none. */
  maxBytes?: number;
  tls?: CallerTls | undefined;
  /** False: a connection for each call, which nobody can be about to hang up on. */
  keepsAlive?: boolean;
};

/** Connections to one outside system of ours. Neither what is sent nor what is answered gets into an error. */
export const openHttpCaller = ({
  timeoutMs = 10_000,
  maxBytes = usualBytes,
  tls,
  keepsAlive = true,
}: Options = {}): HttpCaller => {
  const agent = new Agent({
    connections: 64,
    pipelining: keepsAlive ? 1 : 0,
    connect: { timeout: timeoutMs, ...tls },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: maxBytes,
    allowH2: false,
  });
  return {
    async call({ url, ...ask }, signal) {
      const limit = AbortSignal.timeout(timeoutMs);
      let wasSent = false;
      const started = noting(() => {
        wasSent = true;
      });
      try {
        const { statusCode, statusText, headers, body } = await request(url, {
          ...ask,
          dispatcher: agent.compose(started),
          signal: signal ? AbortSignal.any([signal, limit]) : limit,
        });
        const text = await body.text();
        const date = new Date(only(headers.date) ?? '');
        const known = Number.isNaN(date.getTime()) ? undefined : date;
        const after = retryAfterSeconds(headers['retry-after'], known);
        const maxAge = maxAgeSeconds(headers['cache-control']);
        return {
          status: statusCode,
          body: asJson(text),
          ...(statusText !== '' && statusText !== STATUS_CODES[statusCode] && { reason: statusText }),
          ...(maxAge === undefined ? {} : { maxAgeSeconds: maxAge }),
          ...(after === undefined ? {} : { retryAfterSeconds: after }),
          ...(known && !(Number(only(headers.age)) > 0) && { date: known }),
        };
      } catch (error) {
        const { code, name } = error as { code?: unknown; name?: unknown };
        const reason = typeof code === 'string' ? code : String(name);
        throw new NoAnswer(`${url.origin}: ${reason}`, { reason, wasReset: resets.has(reason), wasSent });
      }
    },
    async close() {
      const closed = agent.close();
      const timer = setTimeout(() => void agent.destroy(), closingMs);
      await closed.finally(() => clearTimeout(timer));
    },
  };
};
