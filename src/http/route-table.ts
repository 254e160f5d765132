import { Problem } from '../domain/problem.ts';
import type { Route } from './route.ts';

type ByMethod = Map<string, Route>;
type Pattern = { segments: readonly string[]; methods: ByMethod };
export type Found = { route: Route; params: Record<string, string> };

const none: Record<string, string> = Object.freeze({});

const valuesIn = (pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined => {
  const params: Record<string, string> = {};
  for (const [place, wanted] of pattern.entries()) {
    const given = segments[place] ?? '';
    if (!wanted.startsWith(':')) {
      if (wanted !== given) return undefined;
    } else {
      if (given === '') return undefined;
      try {
        params[wanted.slice(1)] = decodeURIComponent(given);
      } catch {
        return undefined;
      }
    }
  }
  return params;
};

/**
 * Finds the route for a method and a path. Paths without parameters are one look-up, and win over those with.
 * HEAD is answered as GET. The finder throws `not-found` and `method-not-allowed` (with `allow` for its header).
 */
export const routeTable = (routes: readonly Route[]): ((method: string, path: string) => Found) => {
  const plain = new Map<string, ByMethod>();
  const patterns = new Map<number, Pattern[]>();
  const known = new Map<string, ByMethod>();
  for (const route of routes) {
    const methods = known.get(route.path) ?? new Map<string, Route>();
    if (!known.has(route.path)) {
      known.set(route.path, methods);
      const segments = route.path.split('/');
      if (!route.path.includes(':')) plain.set(route.path, methods);
      else patterns.set(segments.length, [...(patterns.get(segments.length) ?? []), { segments, methods }]);
    }
    methods.set(route.method.toUpperCase(), route);
    if (route.method === 'get') methods.set('HEAD', route);
  }

  const search = (path: string): { methods: ByMethod; params: Record<string, string> } | undefined => {
    const methods = plain.get(path);
    if (methods) return { methods, params: none };
    const segments = path.split('/');
    for (const pattern of patterns.get(segments.length) ?? []) {
      const params = valuesIn(pattern.segments, segments);
      if (params) return { methods: pattern.methods, params };
    }
    return undefined;
  };

  return (method, path) => {
    const found = search(path);
    if (!found) throw new Problem('not-found', 'No such address');
    const route = found.methods.get(method);
    if (!route) throw new MethodNotAllowed([...found.methods.keys()]);
    return { route, params: found.params };
  };
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
