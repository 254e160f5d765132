import { randomBytes } from 'node:crypto';
import { test } from 'vitest';
import { unreadCatalogue } from '../../src/clients/selfservice/scope-catalogue.ts';
import { leftToWorkers } from '../../src/clients/selfservice/self-service.ts';
import { startHttp } from '../../src/http/server.ts';
import { type MovableClock, movableClock } from '../../src/lib/clock.ts';
import { randomIds } from '../../src/lib/ids.ts';
import { openLog } from '../../src/lib/log.ts';
import { type SealingRing, sealingRing } from '../../src/lib/seal.ts';
import { openStore } from '../../src/store/open-store.ts';
import { useCases } from '../../src/usecases/index.ts';
import { openMemories } from '../../src/usecases/memory.ts';
import type { Store } from '../../src/usecases/store-port.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { ask, organization } from './given.ts';

export const bootstrapKey = 'a-first-operator-key-of-32-characters-or-more';

type Told = { status: number; body: Record<string, unknown> };
export type StoredHub = {
  url: string;
  clock: MovableClock;
  /** Transactions that looked behind the operator's door so far. */
  looks: { count: number };
  call(key: string, method: string, path: string, body?: unknown): Promise<Told>;
  /** Makes an operator key; the first makes HUB_OPERATOR_KEY open nothing. */
  operator(role: string, by?: string, more?: object): Promise<{ id: string; key: string }>;
  /** Another process on the same database, with the same keys. */
  another(): Promise<StoredHub>;
  /** A tenant that may ask for one service, with a key that has every scope. */
  tenant(by?: string): Promise<{ id: string; key: string }>;
  close(): Promise<void>;
};

const scopes = ['consents:read', 'consents:write', 'tokens:read', 'events:read', 'webhooks:write', 'keys:write'];

const unreachable = () => Promise.reject(new Error('this hub has no outside'));

type Ground = { database: FreshDatabase; clock: MovableClock; sealing: SealingRing; drop(): Promise<void> };

const ground = async (): Promise<Ground> => {
  const database = await freshDatabase();
  const sealing = sealingRing([{ id: 'test', key: randomBytes(32) }]);
  return { database, clock: movableClock(), sealing, drop: database.drop };
};

/** HTTP, verbs and PostgreSQL as they are, and nothing outside: no workers, no Altinn. */
const openStoredHub = async (production: boolean, { database, clock, sealing, drop }: Ground): Promise<StoredHub> => {
  const log = openLog('silent');
  const store = await openStore({
    url: database.url,
    directUrl: database.url,
    connections: { tenant: 6, operator: 6, engine: 0, listener: 1 },
    production: false,
    log,
  });
  const looks = { count: 0 };
  const counted: Store = {
    ...store,
    asOperator: (work) => {
      looks.count += 1;
      return store.asOperator(work);
    },
  };
  const shared = { clock, ids: randomIds, log, store: counted, notices: store.notices, sealing };
  const uses = useCases({
    ...shared,
    memories: openMemories(shared),
    settings: {
      production,
      operatorOrgno: '310149942',
      publicUrl: 'https://hub.example',
      issuer: 'https://maskinporten.example/',
      consentScope: 'altinn:consentrequests.write',
      ownScopes: 'altinn:consentrequests.write',
      altinn2: {
        consentScope: 'altinn:consentrequests.write',
        tokenScope: 'altinn:consenttokens',
        lostAfterMs: 900_000,
        byCertificate: false,
      },
      links: { delegate: '', grant: '', selfService: '' },
      eraseAfterMs: 0,
      keepEventsMs: 90 * 24 * 60 * 60 * 1000,
      streams: { inAll: 100, ofTenant: 100 },
      dataCalls: { inAll: 100, ofTenant: 100 },
      renewAt: 0.7,
      refreshPerSecond: 400,
      feedsPerSecond: 10,
      probesPerSecond: 0,
      delegationsEveryMs: 300_000,
      readBudget: { perTenant: 5, perSecond: 50 },
      selfService: { isSet: false, scope: 'idporten:dcr.write' },
      webhookSchedule: [],
      bootstrapOperatorKey: bootstrapKey,
    },
    keystore: { close: unreachable, open: unreachable },
    signing: {
      generate: unreachable,
      read: () => {
        throw new Error('this hub takes no keys');
      },
      open: () => {
        throw new Error('this hub signs nothing');
      },
    },
    selfService: leftToWorkers,
    keySources: {
      look: unreachable,
      open: () => {
        throw new Error('this hub signs nothing');
      },
    },
    maskinporten: { issuer: '', requestToken: unreachable },
    scopeCatalogue: unreadCatalogue,
    altinn3: { submit: unreachable, read: unreachable, readFeed: unreachable },
    altinn2: {
      submit: unreachable,
      read: unreachable,
      list: unreachable,
      withdraw: unreachable,
      consentToken: unreachable,
      logUse: unreachable,
      giveBack: unreachable,
    },
    webhooks: {
      send: unreachable,
      fault: () => undefined,
      look: async () => undefined,
      lookAtOpened: async () => undefined,
      readCertificate: () => {
        throw new Error('this hub sends nothing');
      },
    },
    tokenCounter: { count: () => {} },
    usageCounter: { dataCall: () => {} },
    tokenMetrics: { handedOut: () => {}, refused: () => {}, joined: () => {} },
    feedMetrics: { read: () => {}, failed: () => {} },
    readMetrics: { consentRead: () => {} },
    webhookMetrics: { tried: () => {} },
    dataSources: { call: unreachable },
    dataMetrics: { passed: () => {} },
    countEngine: async () => ({}),
  });
  const http = await startHttp({
    uses,
    log,
    ids: randomIds,
    clock,
    host: '127.0.0.1',
    port: 0,
    publicUrl: 'https://hub.example',
    production,
    limits: { perKeyPerSecond: 10_000, perTenantPerSecond: 10_000 },
    checks: async () => ({ database: 'ok' }),
    // Tests call from here, and from wherever they say.
    trustedProxies: ['127.0.0.0/8'],
  });
  const call: StoredHub['call'] = async (key, method, path, body) => {
    const response = await fetch(new URL(path, http.url), {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
  };
  const made = async (key: string, path: string, body: object): Promise<{ id: string; key: string }> => {
    const told = await call(key, 'POST', path, body);
    if (told.status !== 201) throw new Error(`${path} answered ${told.status}: ${JSON.stringify(told.body)}`);
    return { id: String(told.body['id']), key: String(told.body['key']) };
  };
  const others: StoredHub[] = [];
  return {
    url: http.url,
    clock,
    looks,
    call,
    operator: (role, by = bootstrapKey, more = {}) =>
      made(by, '/operator/v1/operator-keys', { name: role, role, ...more }),
    async tenant(by = bootstrapKey) {
      const service = { key: 'ske-inntekt', generation: 'altinn3', resource: 'r', dataScope: 'skatteetaten:inntekt' };
      await call(by, 'POST', '/operator/v1/services', { ...service, metadata: ['fraogmed', 'tilogmed'] });
      const { id } = await made(by, '/operator/v1/tenants', {
        orgno: organization,
        name: 'Fjordbanken ASA',
        redirectUrls: [ask.redirectUrl],
        services: [service.key],
      });
      return { id, key: (await made(by, `/operator/v1/tenants/${id}/api-keys`, { name: 'app', scopes })).key };
    },
    async another() {
      const other = await openStoredHub(production, { database, clock, sealing, drop: async () => {} });
      others.push(other);
      return other;
    },
    async close() {
      for (const other of others) await other.close();
      await http.close();
      await store.close();
      await drop();
    },
  };
};

/** A test over a database of its own. */
export const storedTest = test.extend<{ openStored: (production?: boolean) => Promise<StoredHub> }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the pattern to see what a fixture needs
  openStored: async ({}, use) => {
    const hubs: StoredHub[] = [];
    await use(async (production = false) => {
      const hub = await openStoredHub(production, await ground());
      hubs.push(hub);
      return hub;
    });
    await Promise.all(hubs.map((hub) => hub.close()));
  },
});
