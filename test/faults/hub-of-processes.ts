import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { test } from 'vitest';
import { type Answer, callJson, mustCall } from '../../src/cli/call-json.ts';
import { type Bank, furnishBank, furnishOperator } from '../../src/cli/furnish.ts';
import { generateKeystorePair } from '../../src/lib/keystore.ts';
import { freshDatabase } from '../support/database.ts';
import { type EngineName, operatorKey, operatorOrgno, type TenantName } from '../support/hub-test.ts';
import { openPort } from '../support/open-port.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { type SandboxControl, sandboxControl } from '../support/sandbox-control.ts';
import { type HubProcess, startProcess, told } from './processes.ts';
import { openReceiver, type Receiver } from './receiver.ts';

export type FaultHub = {
  engine: EngineName;
  sandbox: SandboxControl;
  receiver: Receiver;
  /** The superuser's address of the hub's database: what the hub cannot see, a test can. */
  adminUrl: string;
  /** Where the hub itself reaches that database. */
  databaseUrl: string;
  /** Of this test alone; undefined where the queues live in PostgreSQL. */
  redisUrl: string | undefined;
  redis: RedisServer | undefined;
  banks: Record<TenantName, Bank>;
  /** Where calls go that name no other. */
  api: HubProcess;
  worker: HubProcess;
  /** Another one, on any free port unless told. */
  startApi(name: string, port?: number, change?: NodeJS.ProcessEnv): Promise<HubProcess>;
  startWorker(name: string): Promise<HubProcess>;
  call(
    who: TenantName | 'operator',
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
    api?: HubProcess,
  ): Promise<Answer>;
  /** Rows as PostgreSQL has them, past all row policies. */
  rows<R extends pg.QueryResultRow = Record<string, unknown>>(text: string, values?: unknown[]): Promise<R[]>;
};

type Place = { url: string; adminUrl: string; drop(): Promise<void> };
type Later = (work: () => Promise<unknown>) => void;
type Options = { database?: () => Promise<Place>; settings?: NodeJS.ProcessEnv; timeoutMs?: number };

/** Short, so that what a dead worker held comes back within seconds. A run must end within it, and so must a test's own step. */
const leaseSeconds = '5';
export const underLoad = { settings: { HUB_LEASE_SECONDS: '6' } };

const openHub = async (
  engine: EngineName,
  { database: wanted = freshDatabase, settings: change = {} }: Options,
  processes: HubProcess[],
  later: Later,
): Promise<FaultHub> => {
  const [database, redis, receiver, keystore] = await Promise.all([
    wanted(),
    engine === 'redis' ? startRedis() : undefined,
    openReceiver(),
    generateKeystorePair(),
  ]);
  later(() => database.drop());
  if (redis) later(() => redis.stop());
  later(() => receiver.close());
  const start = async (...[role, name, settings]: Parameters<typeof startProcess>) => {
    const directory = await mkdtemp(join(tmpdir(), 'hub-'));
    later(() => rm(directory, { recursive: true, force: true }));
    const started = await startProcess(role, name, { HUB_DIRECTORY: directory, LOG_LEVEL: 'debug', ...settings });
    processes.push(started);
    later(() => started.kill());
    return started;
  };
  // They are told of each other's before they start.
  const [sandboxPort, apiPort] = [String(await openPort()), String(await openPort())];
  const sandboxUrl = `http://localhost:${sandboxPort}`;
  const settings = {
    DATABASE_URL: database.url,
    HUB_DATABASE_CONNECTIONS: '28',
    ...(redis ? { REDIS_URL: redis.url } : {}),
    QUEUE_PREFIX: `{t-${randomBytes(4).toString('hex')}}`,
    MASKINPORTEN_ISSUER: `${sandboxUrl}/maskinporten/`,
    ALTINN3_URL: `${sandboxUrl}/altinn3/`,
    ALTINN2_URL: `${sandboxUrl}/altinn2/`,
    DIGDIR_SELFSERVICE_URL: `${sandboxUrl}/sandbox`,
    HUB_PUBLIC_URL: `http://127.0.0.1:${apiPort}`,
    HUB_SEALING_KEYS: `first:${randomBytes(32).toString('base64')}`,
    HUB_KEYSTORE_PUBLIC_KEYS: JSON.stringify(keystore.publicJwk),
    HUB_OPERATOR_KEY: operatorKey,
    HUB_ORGNO: operatorOrgno,
    HUB_EGRESS_ALLOW: '127.0.0.1/32,::1/128',
    HUB_PROBES_PER_SECOND: '0',
    HUB_LEASE_SECONDS: leaseSeconds,
    HUB_WEBHOOK_SCHEDULE: '1s',
    HUB_RATE_PER_KEY: '100000',
    HUB_RATE_PER_TENANT: '100000',
    METRICS_PORT: '0',
    ...change,
  };
  const startApi: FaultHub['startApi'] = (name, port = 0, more = {}) =>
    start('api', name, { ...settings, PORT: String(port), ...more });
  const startWorker: FaultHub['startWorker'] = (name) =>
    start('worker', name, { ...settings, HUB_KEYSTORE_PRIVATE_KEYS: JSON.stringify(keystore.privateJwk) });
  const sandboxSettings = { HUB_SANDBOX_PORT: sandboxPort, HUB_ORGNO: operatorOrgno, LOG_LEVEL: 'info' };
  const [api, worker] = await Promise.all([
    startApi('api', Number(apiPort)),
    startWorker('worker'),
    start('sandbox', 'sandbox', sandboxSettings),
  ]);
  const admin = new pg.Pool({ connectionString: database.adminUrl, max: 1 });
  admin.on('error', () => undefined); // a test may stop its server
  later(() => admin.end());

  const place = { url: api.url, sandboxUrl, operatorKey };
  await furnishOperator(place);
  const redirectUrls = [`${receiver.url}/done`];
  const banks = {
    bank: await furnishBank(place, { orgno: '313876144', name: 'Banken', redirectUrls }),
    insurer: await furnishBank(place, { orgno: '991825827', name: 'Forsikringen', redirectUrls }),
  };
  for (const { key } of Object.values(banks))
    await mustCall('POST', `${api.url}/v1/webhook-endpoints`, key, { url: `${receiver.url}/webhooks` });
  const hub: FaultHub = {
    engine,
    sandbox: sandboxControl(sandboxUrl),
    receiver,
    adminUrl: database.adminUrl,
    databaseUrl: database.url,
    redisUrl: redis?.url,
    redis,
    banks,
    api,
    worker,
    startApi,
    startWorker,
    call: (who, method, path, body, headers, { url } = hub.api) =>
      callJson(method, `${url}${path}`, who === 'operator' ? operatorKey : banks[who].key, body, headers),
    async rows(text, values = []) {
      for (;;) {
        const done = await admin.query(text, values).catch((error: { code?: string }) => {
          // A change of all rows locks them in another order than the hub does. It stands alone, and is made again.
          if (error.code !== '40P01') throw error;
        });
        if (done) return done.rows;
      }
    },
  };
  return hub;
};

/**
 * A test with sandbox, API and worker as processes of their own, two tenants furnished. Whatever becomes of the test, what
 * it started is killed, and when it failed, what they said is shown.
 */
export const faultTest = (
  name: string,
  engine: EngineName,
  run: (hub: FaultHub) => Promise<void>,
  options: Options = {},
): void =>
  test(`${name} (queues on ${engine})`, { timeout: options.timeoutMs ?? 300_000 }, async ({ onTestFinished }) => {
    const processes: HubProcess[] = [];
    const later: Later = (work) => onTestFinished(async () => void (await work()));
    let hub: FaultHub | undefined;
    try {
      hub = await openHub(engine, options, processes, later);
      await run(hub);
    } catch (error) {
      const owed = await hub?.rows('select * from outbox order by due_at limit 10').catch(() => []);
      process.stderr.write(`${name} (queues on ${engine})\n${told(processes)}\nowed: ${JSON.stringify(owed)}\n`);
      throw error;
    }
  });
