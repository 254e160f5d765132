import { Registry } from 'prom-client';
import { openAccessMetrics } from './access-metrics.ts';
import { openAltinn2 } from './clients/altinn2/open-altinn2.ts';
import { openAltinn3 } from './clients/altinn3/consent-requests.ts';
import { openDataSources } from './clients/data-source/data-sources.ts';
import { openWays } from './clients/delegations/ways.ts';
import { openKeySources } from './clients/key-sources/key-sources.ts';
import { openMaskinporten } from './clients/maskinporten/maskinporten.ts';
import { signingKeys } from './clients/maskinporten/signing-keys.ts';
import { openScopeCatalogue, unreadCatalogue } from './clients/selfservice/scope-catalogue.ts';
import { leftToWorkers, openSelfService } from './clients/selfservice/self-service.ts';
import { placesOf } from './clients/webhook-receivers/own-places.ts';
import { openWebhookSender } from './clients/webhook-receivers/webhook-sender.ts';
import { settingsOf } from './compose-settings.ts';
import type { Config, Role } from './config.ts';
import { sharesOf } from './connections.ts';
import { openDataMetrics } from './data-metrics.ts';
import type { EmbeddedPostgres } from './embedded/postgres.ts';
import { openFeedMetrics } from './feed-metrics.ts';
import { type Http, startHttp, startMetrics } from './http/server.ts';
import { type MovableClock, movableClock } from './lib/clock.ts';
import { closerStack } from './lib/closer-stack.ts';
import { type Ids, randomIds } from './lib/ids.ts';
import { openKeystore } from './lib/keystore.ts';
import type { Log } from './lib/log.ts';
import { remember } from './lib/remember.ts';
import { sealingRing } from './lib/seal.ts';
import { openKeys } from './local-keys.ts';
import { measuredMaskinporten, registerMetrics } from './metrics.ts';
import { countAll } from './queues/count-all.ts';
import { type Engine, openEngine } from './queues/engine.ts';
import { startWorkers } from './queues/start-workers.ts';
import { openReadMetrics } from './read-metrics.ts';
import type { Sandbox } from './sandbox/start-sandbox.ts';
import { migrate, pendingMigrations } from './store/migrate.ts';
import { openStore } from './store/open-store.ts';
import { openTokenMetrics } from './token-metrics.ts';
import { oweDelegations, oweTidying, useCases, works } from './usecases/index.ts';
import { openMemories, type Parts } from './usecases/memory.ts';
import { openTokenCounter } from './usecases/tokens/count-tokens.ts';
import { openUsageCounter } from './usecases/usage/count-usage.ts';
import type { UseCases } from './usecases/use-cases.ts';
import { openWebhookMetrics } from './webhook-metrics.ts';

/** What a test may put in another's place: time, randomness and where logs go. Nothing else is ever pretended. */
export type Given = { clock?: MovableClock; ids?: Ids; log: Log };

export type Hub = {
  /** Of the API, when this process has one. */
  url?: string;
  metricsUrl?: string;
  sandboxUrl?: string;
  databaseUrl: string;
  engine: Pick<Engine, 'name' | 'version'>;
  operatorKey?: string;
  uses: UseCases;
  clock: MovableClock;
  /** Takes no more work, finishes what is under way, closes in reverse order. Safe to call twice. */
  close(): Promise<void>;
};

/** The database that was set, or one of our own. Loaded when it is wanted: a production image has no embedded server. */
export const openDatabase = async (config: Config, log: Log): Promise<{ url: string; close(): Promise<void> }> => {
  if (config.database.url !== undefined) return { url: config.database.url, close: async () => undefined };
  const { startEmbeddedPostgres } = await import('./embedded/postgres.ts');
  const embedded: EmbeddedPostgres = await startEmbeddedPostgres({ directory: config.directory, log });
  return { url: embedded.url, close: embedded.stop };
};

export const openSandbox = async (config: Config, clock: MovableClock, log: Log): Promise<Sandbox> => {
  const { startSandbox } = await import('./sandbox/start-sandbox.ts');
  return startSandbox({
    port: config.sandboxPort,
    clock,
    log: log.child({ part: 'sandbox' }),
    operatorOrgno: config.operatorOrgno,
  });
};

/** The one composition root: configuration in, every part built once, start and close out. */
export const compose = async (
  config: Config,
  role: Exclude<Role, 'sandbox' | 'command'>,
  given: Given,
): Promise<Hub> => {
  const { log, clock = movableClock(), ids = randomIds } = given;
  const parts = closerStack(log);
  for (const warning of config.warnings) log.warn({ role }, warning);
  const { asking, operatorOrgno } = config;
  const isApi = role !== 'worker';
  const isWorker = role !== 'api';
  try {
    const sandbox = role === 'all' && config.ownSandbox ? parts.add(await openSandbox(config, clock, log)) : undefined;
    const issuer = sandbox ? `${sandbox.url}/maskinporten/` : config.issuer;
    const altinn3Url = sandbox ? `${sandbox.url}/altinn3/` : config.altinn3Url;
    const altinn2Url = sandbox ? `${sandbox.url}/altinn2/` : config.altinn2.url;
    const selfService = sandbox ? `${sandbox.url}/sandbox` : config.selfService.url;
    const database = parts.add(await openDatabase(config, log));
    // Migrations hold a lock of their session, which a pooler would hand from one to another.
    const directUrl = config.database.directUrl ?? database.url;
    if (!config.production) await migrate(directUrl, log);
    else if ((await pendingMigrations(directUrl)).length > 0)
      throw new Error('The database is not up to date: run `hub migrate` first');
    const connections = sharesOf(config.database.connections, {
      isWorker,
      queuesInPostgres: config.redisUrl === undefined,
    });
    const store = parts.add(
      await openStore({
        url: database.url,
        directUrl,
        connections,
        production: config.production,
        log,
      }),
    );
    // An API needs the engine only to count; it is opened when somebody first asks.
    let opening: Promise<Engine> | undefined;
    const engineOnce = () => {
      opening ??= openEngine({
        redisUrl: config.redisUrl,
        databaseUrl: database.url,
        connections: connections.engine,
        prefix: config.queuePrefix,
        log,
      }).then(parts.add);
      opening.catch(() => {
        opening = undefined;
      });
      return opening;
    };
    const engine = await engineOnce();

    const keys = await openKeys(config, { openKeystore: isWorker });
    let http: Http | undefined;
    const settings = settingsOf(config, {
      sandboxUrl: sandbox?.url,
      issuer,
      publicUrl: () => config.publicUrl ?? http?.url ?? `http://localhost:${config.port}`,
      operatorKey: keys.operatorKey,
    });
    const known = {
      read: () => store.asOperator((rows) => rows.known.read(`metadata ${issuer}`)),
      keep: (value: unknown) => store.asOperator((rows) => rows.known.keep(`metadata ${issuer}`, value, clock.now())),
    };
    // Where a tenant's webhooks never go; those who listen are added when they know where.
    const ownPlaces = placesOf([database.url, directUrl, config.redisUrl]);
    const sealing = sealingRing(keys.sealing);
    const memories = openMemories({ clock, store, sealing, notices: store.notices });
    // Closed before the store, and after all who hand out.
    const tokenCounter = parts.add(openTokenCounter({ clock, store, log }));
    const ways = isWorker
      ? parts.add(
          openWays(
            { from: asking.delegationsFrom, by: asking.askFor?.by },
            { party: asking.party, operatorOrgno, altinn3Url, altinn2Url, apiKey: config.altinn2.apiKey },
          ),
        )
      : undefined;
    const usageCounter = parts.add(openUsageCounter({ clock, store, log }));
    const registry = new Registry();
    const hub: Parts = {
      clock,
      ids,
      log,
      store,
      notices: store.notices,
      sealing,
      memories,
      settings,
      keystore: openKeystore(keys.keystore),
      signing: signingKeys,
      keySources: parts.add(await openKeySources({ ...(isWorker ? config.keySources : {}), log })),
      maskinporten: isWorker
        ? parts.add(
            measuredMaskinporten(registry, memories.clients, (onAnswer) =>
              openMaskinporten({ issuer, operatorOrgno: config.operatorOrgno, clock, ids, log, known, onAnswer }),
            ),
          )
        : { issuer, requestToken: () => Promise.reject(new Error('an API process does not speak to Maskinporten')) },
      scopeCatalogue: isWorker ? parts.add(openScopeCatalogue({ baseUrl: selfService })) : unreadCatalogue,
      selfService: isWorker ? parts.add(openSelfService({ baseUrl: selfService, log })) : leftToWorkers,
      altinn3: parts.add(openAltinn3({ baseUrl: altinn3Url, log, clock })),
      altinn2: parts.add(
        openAltinn2({
          ...config.altinn2,
          ...(config.altinn2.exchanges ? { exchangeUrl: altinn3Url } : {}),
          baseUrl: altinn2Url,
          operatorOrgno: config.operatorOrgno,
          log,
          clock,
        }),
      ),
      delegations: ways?.delegations,
      askFor: ways?.askFor,
      webhooks: parts.add(
        openWebhookSender({ production: config.production, ...config.egress, own: () => ownPlaces, clock, log }),
      ),
      dataSources: parts.add(openDataSources({ connections: Math.ceil(config.dataCalls.inAll / 2) })),
      dataMetrics: openDataMetrics(registry),
      tokenCounter,
      usageCounter,
      tokenMetrics: openTokenMetrics(registry),
      feedMetrics: openFeedMetrics(registry, { feeds: store.feeds, clock }),
      readMetrics: openReadMetrics(registry, { store, clock }),
      webhookMetrics: openWebhookMetrics(registry, { store, clock }),
      countEngine: () => countAll(engine),
    };
    openAccessMetrics(registry, store);
    const uses = useCases(hub);
    const metrics = registerMetrics(registry, {
      store,
      clock,
      role,
      clients: memories.clients,
      pools: () => ({ ...store.pools(), ...(engine.pool ? { queues: engine.pool() } : {}) }),
    });
    // Anybody may ask, and each time both would be asked: once a second is as good.
    const checked = remember(
      async () => ({
        database: await store.ping().then(
          () => 'ok',
          () => 'the database does not answer',
        ),
        queues: await engine.ping().then(
          () => 'ok',
          () => 'the queue engine does not answer',
        ),
      }),
      1000,
    );
    const checks = async () => ({ ...(await checked.get('')) });
    const metricsPlace = { host: config.metricsHost, port: config.metricsPort, registry };
    if (isApi)
      http = parts.add(
        await startHttp({
          uses,
          log,
          ids,
          clock,
          host: config.host,
          port: config.port,
          publicUrl: config.publicUrl ?? `http://localhost:${config.port}`,
          production: config.production,
          limits: config.limits,
          trustedProxies: config.trustedProxies,
          checks,
          metrics: metricsPlace,
        }),
      );
    // A worker serves nothing else; an API serves these beside its own.
    const watched = isApi
      ? http
      : parts.add(await startMetrics({ host: config.host, checks, log, metrics: metricsPlace }));
    ownPlaces.push(...placesOf([http?.url, watched?.metricsUrl]));
    if (isWorker) {
      const workers = parts.add(
        await startWorkers({
          works: works(hub),
          engine,
          outbox: store.outbox,
          notices: store.notices,
          clock,
          log,
          leaseMs: config.leaseMs,
          onRun: metrics.ran,
        }),
      );
      clock.onMove(workers.wake);
      await oweTidying(hub);
      await oweDelegations(hub);
    }
    return {
      ...(http ? { url: http.url } : {}),
      ...(watched?.metricsUrl === undefined ? {} : { metricsUrl: watched.metricsUrl }),
      ...(sandbox ? { sandboxUrl: sandbox.url } : {}),
      databaseUrl: database.url,
      engine: { name: engine.name, version: engine.version },
      ...(keys.operatorKey === undefined ? {} : { operatorKey: keys.operatorKey }),
      uses,
      clock,
      close: parts.close,
    };
  } catch (error) {
    await parts.close();
    throw error;
  }
};
