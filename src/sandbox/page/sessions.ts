import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Context } from 'koa';
import { LRUCache } from 'lru-cache';

/** `who`: the person, or the organisation that somebody acts for. */
export type Session = { who: string; csrf: string };

export type Sessions = {
  start(ctx: Context, who: string): void;
  find(ctx: Context): Session | undefined;
  end(ctx: Context): void;
};

/** Who is signed in on which browser, as long as the sandbox runs. Pages below `path` alone see the cookie. */
export const openSessions = (
  path: '/altinn2/' | '/altinn3/',
  cookie: 'sandbox_person' | 'sandbox_administrator' = 'sandbox_person',
): Sessions => {
  const sessions = new LRUCache<string, Session>({ max: 10_000 });
  const options = { path, httpOnly: true, sameSite: 'lax' as const, overwrite: true };
  return {
    start(ctx, who) {
      const id = randomBytes(24).toString('base64url');
      sessions.set(id, { who, csrf: randomBytes(24).toString('base64url') });
      ctx.cookies.set(cookie, id, options);
    },
    find: (ctx) => sessions.get(ctx.cookies.get(cookie) ?? ''),
    end(ctx) {
      sessions.delete(ctx.cookies.get(cookie) ?? '');
      ctx.cookies.set(cookie, null, options);
    },
  };
};

/** Was the form made for this session? */
export const isOwnForm = ({ csrf }: Session, given: string | null): boolean =>
  given !== null && given.length === csrf.length && timingSafeEqual(Buffer.from(given), Buffer.from(csrf));
