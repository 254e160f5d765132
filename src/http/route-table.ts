import Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import { Problem } from '../domain/problem.ts';
import type { Route } from './route.ts';

export type Found = { route: Route; params: Record<string, string> };

const methodsOf = ({ method }: Route): string[] => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]);

/** Koa's router over the list of routes. HEAD is answered as GET. A plain path is never taken for one with a parameter. */
export const routing = (
  routes: readonly Route[],
  handle: (ctx: Context, found: Found) => Promise<void>,
): Middleware => {
  const router = new Router({ strict: true, sensitive: true });
  const plain = new Map<string, string[]>();
  for (const route of routes)
    if (!route.path.includes(':')) plain.set(route.path, [...(plain.get(route.path) ?? []), ...methodsOf(route)]);
  const plainFirst = [...routes].sort((a, b) => Number(a.path.includes(':')) - Number(b.path.includes(':')));
  for (const route of plainFirst)
    router.register(
      route.path,
      [route.method],
      (ctx) => {
        const others = plain.get(ctx.path);
        if (others && route.path !== ctx.path) throw new MethodNotAllowed(others);
        return handle(ctx, { route, params: ctx.params });
      },
      { name: route.name },
    );
  return router.routes() as unknown as Middleware;
};

/** What to say when no route took the request: nothing is there, or it takes other methods. */
export const unrouted = (ctx: Context): Problem => {
  const matched = (ctx.matched ?? []) as { methods: string[] }[];
  const methods = new Set(matched.flatMap((layer) => layer.methods));
  return methods.size === 0 ? new Problem('not-found', 'No such address') : new MethodNotAllowed([...methods]);
};

/** Carries what the `Allow` header lists. */
export class MethodNotAllowed extends Problem {
  readonly allow: string;
  constructor(methods: readonly string[]) {
    const allow = [...methods].sort().join(', ');
    super('method-not-allowed', `This address takes ${allow}`);
    this.allow = allow;
  }
}
