import type { Registry } from 'prom-client';
import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import type { Log } from '../lib/log.ts';
import type { UseCases } from '../usecases/use-cases.ts';
import { allRoutes } from './all-routes.ts';
import { openApp } from './app.ts';
import { openLimits } from './limits.ts';
import { listen } from './listen.ts';
import { requestMetrics } from './metrics.ts';
import { openApiDocument } from './openapi/document.ts';
import { routeRunner } from './run-route.ts';
import { openStreams } from './streams.ts';

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
  /** Networks whose `X-Forwarded-For` is believed; none unless said. */
  trustedProxies?: readonly string[];
  /** For `/readyz`: what this process needs, each ok or why not. */
  checks: () => Promise<Record<string, 'ok' | string>>;
  /** When given, `/metrics` is served on a listener of its own. */
  metrics?: { port: number; registry: Registry; host?: string };
};

export type Http = { url: string; metricsUrl?: string; close(): Promise<void> };

type Beside = Pick<HttpOptions, 'host' | 'checks' | 'log'> & { metrics: NonNullable<HttpOptions['metrics']> };

/**
 * What every role serves on a listener of its own, apart from the world: metrics, and for whoever watches containers
 * whether the process lives and can work.
 *
 * @throws Error that names the address when it is taken.
 */
export const startMetrics = async ({ host: usual, checks, log, metrics: { port, registry, host = usual } }: Beside) => {
  const json = 'application/json; charset=utf-8';
  const answers: Record<string, () => Promise<[status: number, type: string, text: string]>> = {
    '/metrics': async () => [200, registry.contentType, await registry.metrics()],
    '/healthz': async () => [200, json, JSON.stringify({ status: 'ok' })],
    '/readyz': async () => {
      const said = await checks();
      const ok = Object.values(said).every((one) => one === 'ok');
      return [ok ? 200 : 503, json, JSON.stringify({ status: ok ? 'ok' : 'not-ready', checks: said })];
    },
  };
  const { url, close } = await listen(
    async (request, response) => {
      const path = request.method === 'GET' ? (request.url?.split('?')[0] ?? '') : '';
      const answer = Object.hasOwn(answers, path) ? answers[path] : undefined;
      // What is thrown in here nobody else would catch, and the process would end.
      const failed = (error: unknown): [number, string, string] => {
        log.error({ error, path }, 'could not be told');
        return [500, 'text/plain', 'Something went wrong\n'];
      };
      const [status, type, text] = answer
        ? await answer().catch(failed)
        : [404, 'text/plain', 'Metrics are at /metrics\n'];
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
      response.end(text);
    },
    { host, port },
  );
  return { metricsUrl: `${url}/metrics`, close };
};

/**
 * Serves both APIs and the pages. Closing takes no more requests, ends streams, finishes what else is under way within 21
 * seconds, and then cuts what is left.
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
  const metered = options.metrics && requestMetrics(options.metrics.registry);
  const streams = openStreams({ log, onCount: metered?.streaming });
  const app = openApp({
    routes,
    run: routeRunner(uses, openLimits(options.limits), site, options.trustedProxies ?? []),
    log,
    ids,
    secure: options.publicUrl.startsWith('https:'),
    metrics: metered,
    streams,
    isClosing: () => closing,
  });
  const main = await listen(app, { host, port: options.port });
  let metrics: Awaited<ReturnType<typeof startMetrics>> | undefined;
  try {
    if (options.metrics) metrics = await startMetrics({ host, checks, log, metrics: options.metrics });
  } catch (error) {
    await main.close();
    throw error;
  }
  return {
    url: main.url,
    ...(metrics ? { metricsUrl: metrics.metricsUrl } : {}),
    async close() {
      closing = true;
      streams.close();
      await Promise.all([main.close(), metrics?.close()]);
    },
  };
};
