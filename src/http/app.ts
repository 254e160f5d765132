import type { RequestListener } from 'node:http';
import Koa, { type Context } from 'koa';
import { atEndOfTurn } from '../lib/end-of-turn.ts';
import type { Ids } from '../lib/ids.ts';
import type { Log } from '../lib/log.ts';
import { foreignPolicy, headersOfAll } from './headers.ts';
import type { RequestMetrics } from './metrics.ts';
import { answerOf } from './problem-response.ts';
import { RequestAborted } from './read-body.ts';
import type { Answer, Route, Stream } from './route.ts';
import { type Found, routing, unrouted } from './route-table.ts';
import type { Incoming } from './run-route.ts';
import type { Streams } from './streams.ts';

type Options = {
  routes: readonly Route[];
  run: (incoming: Incoming) => Promise<Answer>;
  log: Log;
  ids: Ids;
  /** Browsers shall come back by https only. */
  secure: boolean;
  metrics?: RequestMetrics | undefined;
  streams: Streams;
  isClosing: () => boolean;
};

/** Puts an answer's own headers beside those that all carry; its own word counts. */
const addHeaders = (head: string[], headers: Record<string, string>): void => {
  for (const [name, value] of Object.entries(headers)) {
    const place = head.indexOf(name);
    if (place >= 0 && place % 2 === 0) head[place + 1] = value;
    else head.push(name, value);
  }
};

/** Head and body in one write. An answer is whole by then, so that nothing is left for Koa to find out about it. */
const write = (ctx: Context, { status, headers, content }: Answer, head: string[]): void => {
  if (headers) addHeaders(head, headers);
  if (!content) {
    if (status !== 204 && status !== 304) head.push('content-length', '0');
    const response = ctx.res.writeHead(status, head);
    atEndOfTurn(() => response.end());
    return;
  }
  const { type, bytes } = content;
  const length = Buffer.byteLength(bytes);
  head.push('content-type', type, 'content-length', String(length));
  // As many bytes as characters: nothing but ASCII, which needs no encoding.
  const encoding = length === bytes.length ? 'latin1' : 'utf8';
  const response = ctx.res.writeHead(status, head);
  atEndOfTurn(() => response.end(bytes, encoding));
};

/**
 * What the log line tells of a request: the route's pattern, never the address itself. All of it is ours; the method is one
 * of those that Node's parser knows.
 */
type Line = {
  method: string;
  route: string;
  status: number;
  ms: number;
  requestId: string;
  tenantId?: string;
  keyId?: string;
  /** How a stream ended, or an answer that was passed on. `ms` is then how long it was open. */
  ended?: string;
};

const fieldsOf = ({ method, route, status, ms, requestId, tenantId, keyId, ended }: Line): string =>
  `"method":"${method}","route":"${route}","status":${status},"ms":${ms},"requestId":"${requestId}"` +
  (tenantId === undefined ? '' : `,"tenantId":"${tenantId}"`) +
  (keyId === undefined ? '' : `,"keyId":"${keyId}"`) +
  (ended === undefined ? '' : `,"ended":"${ended}"`);

/** Names the best of what is offered; the first when the caller does not care. */
const preferences =
  (ctx: Context): Incoming['prefers'] =>
  (kind, offered) => {
    const best = kind === 'type' ? ctx.accepts(...offered) : ctx.acceptsLanguages(...offered);
    return typeof best === 'string' ? best : offered[0];
  };

/** What is known of a request on its way through the app. */
type Passing = { requestId: string; line: Line; routed: boolean };

const nothingNext = async (): Promise<void> => {};

/**
 * The Koa app over the list of routes: one function around all of them for id, headers, problems and log line. Koa makes the
 * context and reads the request; of what it does around a chain of middlewares nothing is left to do, since each answer here
 * is sent by whoever has it.
 */
export const openApp = (options: Options): RequestListener => {
  const { routes, run, log, ids, secure, metrics, streams, isClosing } = options;
  const app = new Koa<Passing>();

  const send = (ctx: Context, answer: Answer): void => {
    const { requestId, line } = ctx.state as Passing;
    line.status = answer.status;
    const headers = headersOfAll(requestId, secure, answer.content?.policy);
    if (isClosing()) headers.push('connection', 'close');
    write(ctx, answer, headers);
  };

  /** The second kind of answer: its head at once, and the rest as it comes. */
  const follow = async (ctx: Context, stream: Stream, headers: Record<string, string> = {}): Promise<void> => {
    const { requestId, line } = ctx.state as Passing;
    line.status = 200;
    const head = headersOfAll(requestId, secure);
    addHeaders(head, { ...headers, 'content-type': stream.type });
    line.ended = await streams.send(ctx.res, head, stream);
  };

  const answered = async (ctx: Context, found: Found): Promise<void> => {
    const { requestId, line } = ctx.state as Passing;
    (ctx.state as Passing).routed = true;
    line.route = found.route.path;
    const answer = await run({
      ...found,
      request: ctx.req,
      response: ctx.res,
      head: () => {
        const head = headersOfAll(requestId, secure, foreignPolicy);
        if (isClosing()) head.push('connection', 'close');
        return head;
      },
      path: ctx.path,
      query: ctx.querystring,
      requestId,
      prefers: preferences(ctx),
      onCaller: (caller) => {
        line.keyId = caller.keyId;
        if (caller.kind === 'tenant') line.tenantId = caller.tenantId;
      },
    });
    if (answer.stream) await follow(ctx, answer.stream, answer.headers);
    else if (answer.passed) {
      line.status = answer.status;
      line.ended = answer.passed.ended;
    } else if (answer.problem) {
      const told = answerOf(answer.problem, requestId, log);
      const words = answer.content ? answer : told;
      send(ctx, { ...words, headers: { ...told.headers, ...answer.headers } });
    } else send(ctx, answer);
  };
  const routed = routing(routes, answered);

  const answerOne = async (ctx: Context): Promise<void> => {
    const startedAt = performance.now();
    const requestId = ids.trace();
    const line: Line = { method: ctx.method, route: 'unknown', status: 0, ms: 0, requestId };
    const passing: Passing = { requestId, line, routed: false };
    ctx.state = passing;
    try {
      await routed(ctx, nothingNext);
      if (!passing.routed) throw unrouted(ctx);
    } catch (error) {
      if (error instanceof RequestAborted) {
        line.status = 499;
      } else {
        send(ctx, answerOf(error, requestId, log));
      }
    }
    const ms = performance.now() - startedAt;
    line.ms = Math.round(ms * 10) / 10;
    if (line.ended === undefined) metrics?.observe(line.method, line.route, line.status, ms / 1000);
    else metrics?.streamed(line.method, line.route, line.status);
    log.line(fieldsOf(line), 'request');
  };
  return (request, response) => {
    answerOne(app.createContext(request, response)).catch((error: unknown) => {
      // What is thrown in here nobody else would catch, and the process would end.
      log.error({ error }, 'a response could not be sent');
      response.destroy();
    });
  };
};
