import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Router from '@koa/router';
import Koa from 'koa';
import type { Clock, MovableClock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { altinn2Endpoints } from './altinn2/endpoints.ts';
import { openAltinn2 } from './altinn2/state.ts';
import { altinn3Endpoints } from './altinn3/endpoints.ts';
import { exchangeEndpoint, openAltinnTokens } from './altinn3/exchange-token.ts';
import { openAltinn3 } from './altinn3/state.ts';
import { bearerReader, type ReadBearer } from './bearer.ts';
import { openCalls } from './calls.ts';
import { controlRoutes } from './control/routes.ts';
import { dataEndpoints } from './data-source/endpoints.ts';
import type { Endpoint } from './exchange.ts';
import { openFaults } from './faults.ts';
import { firstWorld } from './first-world.ts';
import { openLandings } from './landings.ts';
import { maskinportenEndpoints } from './maskinporten/endpoints.ts';
import { replayMemory } from './maskinporten/replay-memory.ts';
import { openSigningKeys } from './maskinporten/signing-keys.ts';
import { skewedClock } from './maskinporten/skewed-clock.ts';
import { administratorRoutes } from './page/administrator-routes.ts';
import { altinn2PageRoutes } from './page/altinn2-routes.ts';
import { pageRoutes } from './page/routes.ts';
import { selfServiceEndpoints } from './selfservice/endpoints.ts';
import { scopeAccessEndpoints } from './selfservice/scope-access-endpoints.ts';
import { serveEndpoint } from './serve-endpoint.ts';
import { firstSettings } from './settings.ts';

export type SandboxOptions = {
  /** 0 takes any free one. */
  port: number;
  /** Where to listen; 127.0.0.1 unless told. */
  host?: string;
  /** Shared with the hub when both live in one process, so that moving it moves both. */
  clock: MovableClock;
  log: Log;
  /** The supplier's organisation number. */
  operatorOrgno: string;
};

/** `url` is `http://localhost:PORT`, without a slash at its end. */
export type Sandbox = { url: string; close(): Promise<void> };

/**
 * Pretend Maskinporten, Altinn 2 and 3, resource registry and data source on one port; a path's first part stands for the
 * host. Nothing is kept on disk.
 */
export const startSandbox = async (options: SandboxOptions): Promise<Sandbox> => {
  const { port, host = '127.0.0.1', clock, log, operatorOrgno } = options;
  // Before listening: from then on all is wired in one go, so that no early call meets a half-built sandbox.
  const keys = await openSigningKeys();
  const server = createServer();
  // Callers keep connections longer than Node's five seconds; one closed under their hands would look like a fault.
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  const issuer = `${url}/maskinporten/`;

  const settings = firstSettings();
  const world = firstWorld(operatorOrgno, clock.now());
  const altinn = openAltinn3({ world, settings, clock, baseUrl: `${url}/altinn3/` });
  const altinn2 = openAltinn2({ world, settings, clock, baseUrl: `${url}/altinn2/` });
  const theirs = skewedClock(clock, settings);
  const readBearer = bearerReader(issuer, keys, theirs);
  const altinnTokens = openAltinnTokens(altinn.baseUrl, clock);
  /** Altinn 2 takes both. */
  const readEither: ReadBearer = async (headers) => (await readBearer(headers)) ?? altinnTokens.read(headers);
  const landings = openLandings(clock, settings);
  const faults = openFaults(landings);
  const calls = openCalls();

  const router = new Router();
  const serve = (endpoints: Endpoint[], shows: Clock): void => {
    for (const endpoint of endpoints)
      router[endpoint.method](endpoint.path, serveEndpoint(endpoint, { clock, shows, calls, faults }));
  };
  serve(maskinportenEndpoints({ issuer, keys, replays: replayMemory(), altinn, clock: theirs }), theirs);
  serve(altinn3Endpoints(altinn, readBearer), clock);
  serve([exchangeEndpoint(readBearer, altinnTokens)], clock);
  serve(altinn2Endpoints(altinn2, readEither), clock);
  serve(dataEndpoints({ clock, readBearer, altinn2 }), clock);
  serve(selfServiceEndpoints({ world, settings, clock, readBearer, since: clock.now() }), clock);
  serve(scopeAccessEndpoints({ world, clock, readBearer }), clock);
  pageRoutes(router, altinn);
  altinn2PageRoutes(router, altinn2);
  administratorRoutes(router, altinn);
  controlRoutes(router, { altinn, altinn2, keys, faults, landings, calls, url });

  const app = new Koa();
  app.on('error', (error: unknown) => {
    // A caller who hangs up half-way is his own business, and the errors that tests provoke are no news.
    const isCallers = error instanceof Error && 'expose' in error && error.expose === true;
    log[isCallers ? 'debug' : 'error']({ error }, 'sandbox: a call failed');
  });
  app.use(router.routes()).use(router.allowedMethods());
  server.on('request', app.callback());
  log.info({ url: `${url}/sandbox` }, 'sandbox: started');

  return {
    url,
    async close() {
      faults.close();
      landings.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
};
