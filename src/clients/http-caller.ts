import { Agent, request } from 'undici';

/** `body` is the JSON where it is some, else the text, or undefined when empty. */
export type HttpAnswer = {
  status: number;
  body: unknown;
  retryAfterSeconds?: number;
  /** The other side's clock, by its `Date` header; of an answer out of a cache (`Age`) it would be an earlier time. */
  date?: Date;
};

/** No answer, or none that could be read. `wasReset`: a connection that broke, which a fresh one may not. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly wasReset: boolean;
  constructor(message: string, wasReset: boolean) {
    super(message);
    this.wasReset = wasReset;
  }
}

export type HttpCall = {
  method: 'GET' | 'POST';
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

/** Kept-alive connections to one outside system of ours. Neither what is sent nor what is answered gets into an error. */
export const openHttpCaller = ({
  timeoutMs = 10_000,
  maxBytes = usualBytes,
}: {
  timeoutMs?: number | undefined;
  /** An answer that is longer is none. */
  maxBytes?: number;
} = {}): HttpCaller => {
  const agent = new Agent({
    connections: 64,
    connect: { timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: maxBytes,
    allowH2: false,
  });
  return {
    async call({ url, ...ask }, signal) {
      const limit = AbortSignal.timeout(timeoutMs);
      try {
        const { statusCode, headers, body } = await request(url, {
          ...ask,
          dispatcher: agent,
          signal: signal ? AbortSignal.any([signal, limit]) : limit,
        });
        const text = await body.text();
        const date = new Date(only(headers.date) ?? '');
        const known = Number.isNaN(date.getTime()) ? undefined : date;
        const after = retryAfterSeconds(headers['retry-after'], known);
        return {
          status: statusCode,
          body: asJson(text),
          ...(after === undefined ? {} : { retryAfterSeconds: after }),
          ...(known && !(Number(only(headers.age)) > 0) && { date: known }),
        };
      } catch (error) {
        const { code, name } = error as { code?: unknown; name?: unknown };
        const reason = typeof code === 'string' ? code : String(name);
        throw new NoAnswer(`${url.origin}: ${reason}`, resets.has(reason));
      }
    },
    async close() {
      const closed = agent.close();
      const timer = setTimeout(() => void agent.destroy(), closingMs);
      await closed.finally(() => clearTimeout(timer));
    },
  };
};
