import Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import { Problem } from '../domain/problem.ts';
import type { Route } from './route.ts';

export type Found = { route: Route; params: Record<string, string> };

const methodOf = ({ method }: Route): string => method.toUpperCase();

/** Addresses that begin alike and end as somebody else has it: `/v1/consents/:id/data/*path`. */
type Open = { pattern: RegExp; names: string[]; byMethod: Map<string, Route> };

const openOf = (routes: readonly Route[]): Open[] =>
  [...Map.groupBy(routes, ({ path }) => path)].map(([path, same]) => ({
    // Anything may be in what is left, also what Koa's router would decode: it is passed on as it was written.
    pattern: new RegExp(`^${path.replace(/[:*]\w+/g, (name) => (name.startsWith(':') ? '([^/]+)' : '(.+)'))}$`, 's'),
    names: [...path.matchAll(/[:*](\w+)/g)].map(([, name = '']) => name),
    byMethod: new Map(same.map((route) => [methodOf(route), route])),
  }));

const foundAmong = (open: readonly Open[], path: string, method: string): Found | undefined => {
  for (const { pattern, names, byMethod } of open) {
    const values = pattern.exec(path);
    if (!values) continue;
    const route = byMethod.get(method);
    if (!route) throw new MethodNotAllowed([...byMethod.keys()]);
    const params: Record<string, string> = {};
    for (const [place, name] of names.entries()) params[name] = values[place + 1] ?? '';
    return { route, params };
  }
  return undefined;
};

/**
 * A plain path is looked up, and never taken for one with a parameter; what is passed on is found by its beginning; the others
 * by Koa's router. HEAD is answered as GET, but for what is passed on: it would cost as much there as a GET.
 */
export const routing = (
  routes: readonly Route[],
  handle: (ctx: Context, found: Found) => Promise<void>,
): Middleware => {
  const plain = new Map<string, Map<string, Route>>();
  const router = new Router({ strict: true, sensitive: true });
  for (const route of routes)
    if (route.path.includes(':') && !route.path.includes('*'))
      router.register(route.path, [route.method], (ctx) => handle(ctx, { route, params: ctx.params }), {
        name: route.name,
      });
    else if (!route.path.includes('*'))
      plain.set(route.path, (plain.get(route.path) ?? new Map()).set(methodOf(route), route));
  const open = openOf(routes.filter(({ path }) => path.includes('*')));
  const withParameters = router.routes() as unknown as Middleware;
  return (ctx, next) => {
    const here = plain.get(ctx.path);
    if (!here) {
      const passed = foundAmong(open, ctx.path, ctx.method);
      return passed ? handle(ctx, passed) : withParameters(ctx, next);
    }
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
