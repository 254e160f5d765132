import type { Registry } from 'prom-client';
import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import type { Log } from '../lib/log.ts';
import type { UseCases } from '../usecases/use-cases.ts';
import { allRoutes } from './all-routes.ts';
import { openApp } from './app.ts';
import { openLimits } from './limits.ts';
import { type Listener, listen } from './listen.ts';
import { requestMetrics } from './metrics.ts';
import { openApiDocument } from './openapi/document.ts';
import { routeRunner } from './run-route.ts';

export type HttpOptions = {
  uses: UseCases;
  log: Log;
  ids: Ids;
  clock: Clock;
  host: string;
  /** 0: any free one. */
  port: number;
  publicUrl: string;
  production: boolean;
  limits: { perKeyPerSecond: number; perTenantPerSecond: number };
  /** For `/readyz`: what this process needs, each ok or why not. */
  checks: () => Promise<Record<string, 'ok' | string>>;
  /** When given, `/metrics` is served on a listener of its own. */
  metrics?: { port: number; registry: Registry };
};

export type Http = { url: string; metricsUrl?: string; close(): Promise<void> };

const metricsListener = ({ port, registry }: NonNullable<HttpOptions['metrics']>, host: string): Promise<Listener> =>
  listen(
    async (request, response) => {
      const wanted = request.method === 'GET' && request.url?.split('?')[0] === '/metrics';
      const text = wanted ? await registry.metrics() : 'Metrics are at /metrics\n';
      response.writeHead(wanted ? 200 : 404, {
        'content-type': wanted ? registry.contentType : 'text/plain',
        'cache-control': 'no-store',
      });
      response.end(text);
    },
    { host, port },
  );

/**
 * Serves both APIs and the pages. Closing takes no more requests, finishes those under way within ten seconds, and then
 * cuts what is left.
 *
 * @throws Error that names the address when it is taken.
 */
export const startHttp = async (options: HttpOptions): Promise<Http> => {
  const { uses, log, ids, clock, host, production, checks } = options;
  const routes = allRoutes(uses);
  let document: string | undefined;
  const site = {
    production,
    now: () => clock.now(),
    checks,
    // Made once, when somebody first asks for it.
    openApi: () => {
      document ??= JSON.stringify(openApiDocument(routes));
      return document;
    },
  };
  let closing = false;
  const app = openApp({
    routes,
    run: routeRunner(uses, openLimits(options.limits), site),
    log,
    ids,
    secure: options.publicUrl.startsWith('https:'),
    metrics: options.metrics && requestMetrics(options.metrics.registry),
    isClosing: () => closing,
  });
  const main = await listen(app.callback(), { host, port: options.port });
  let metrics: Listener | undefined;
  try {
    if (options.metrics) metrics = await metricsListener(options.metrics, host);
  } catch (error) {
    await main.close();
    throw error;
  }
  return {
    url: main.url,
    ...(metrics ? { metricsUrl: `${metrics.url}/metrics` } : {}),
    async close() {
      closing = true;
      await Promise.all([main.close(), metrics?.close()]);
    },
  };
};
