import type { Context } from 'koa';
import readBody from 'raw-body';
import type { Clock } from '../lib/clock.ts';
import type { Calls } from './calls.ts';
import type { Ask, Endpoint, Reply } from './exchange.ts';
import type { Faults } from './faults.ts';

export type Surroundings = {
  clock: Clock;
  /** What the pretend system shows as `Date`. Left to Node it would be the machine's time, also where time was moved. */
  shows: Clock;
  calls: Calls;
  faults: Faults;
};

export const bodyOf = (ctx: Context): Promise<string> => readBody(ctx.req, { encoding: 'utf8', limit: '1mb' });

export const answerWith = (ctx: Context, { status, reason, headers = {}, body }: Reply): void => {
  ctx.set(headers);
  ctx.body = body ?? null;
  // After the body: an empty one would turn the status into 204.
  ctx.status = status;
  if (reason !== undefined) ctx.message = reason;
};

/** One endpoint as Koa middleware: reads, writes the call down, and lets a planned fault befall it. */
export const serveEndpoint =
  ({ on, handle }: Endpoint, { clock, shows, calls, faults }: Surroundings) =>
  async (ctx: Context & { params: Record<string, string> }): Promise<void> => {
    const startedMs = performance.now();
    const ask: Ask = {
      method: ctx.method,
      path: ctx.url,
      query: new URLSearchParams(ctx.querystring),
      params: ctx.params,
      headers: ctx.headers,
      body: ctx.method === 'GET' ? '' : await bodyOf(ctx),
    };
    const fault = faults.take(on);
    const call = calls.note(ask, on, clock.now(), fault);
    const reply = await faults.perform(fault, { on, path: ask.path }, async () => handle(ask));
    call.durationMs = performance.now() - startedMs;
    if (reply === 'reset') {
      ctx.respond = false;
      ctx.req.socket.resetAndDestroy();
      return;
    }
    call.status = reply.status;
    ctx.set('date', shows.now().toUTCString());
    answerWith(ctx, reply);
  };
