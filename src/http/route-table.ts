import Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import { Problem } from '../domain/problem.ts';
import type { Route } from './route.ts';

export type Found = { route: Route; params: Record<string, string> };

const methodOf = ({ method }: Route): string => method.toUpperCase();

/**
 * A plain path is looked up, and never taken for one with a parameter; the others are found by Koa's router. HEAD is
 * answered as GET.
 */
export const routing = (
  routes: readonly Route[],
  handle: (ctx: Context, found: Found) => Promise<void>,
): Middleware => {
  const plain = new Map<string, Map<string, Route>>();
  const router = new Router({ strict: true, sensitive: true });
  for (const route of routes)
    if (/[:*]/.test(route.path))
      router.register(route.path, [route.method], (ctx) => handle(ctx, { route, params: ctx.params }), {
        name: route.name,
      });
    else plain.set(route.path, (plain.get(route.path) ?? new Map()).set(methodOf(route), route));
  const withParameters = router.routes() as unknown as Middleware;
  return (ctx, next) => {
    const here = plain.get(ctx.path);
    if (!here) return withParameters(ctx, next);
    const route = here.get(ctx.method === 'HEAD' ? 'GET' : ctx.method);
    if (!route) throw new MethodNotAllowed([...here.keys(), ...(here.has('GET') ? ['HEAD'] : [])]);
    return handle(ctx, { route, params: {} });
  };
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
