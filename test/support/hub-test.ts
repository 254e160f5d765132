import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject, test } from 'vitest';
import { answerAsPerson } from '../../src/cli/answer-as-person.ts';
import { type Answer, callJson } from '../../src/cli/call-json.ts';
import { type Bank, furnishBank, furnishOperator } from '../../src/cli/furnish.ts';
import { compose } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { movableClock } from '../../src/lib/clock.ts';
import { openLog } from '../../src/lib/log.ts';
import { type FreshDatabase, freshDatabase } from './database.ts';
import { given, persons } from './given.ts';
import { openReceiver, type Receiver } from './receiver.ts';
import { type SandboxControl, sandboxControl } from './sandbox-control.ts';
import { until } from './until.ts';

/** As long as a caller may wait for an approval address. */
const callerWaitsMs = 20_000;
/** As long as a browser that is back from Altinn waits for what was answered there. */
export const browserWaitsMs = 3000;

/** Where a browser is sent by this address once Altinn has been read: on a slow machine later than one waits. */
export const sentOnBy = (address: string): Promise<URL> =>
  until('the browser to be told', async () => {
    const told = await fetch(address, { redirect: 'manual' });
    const ended = new URL(told.headers.get('location') ?? '', address);
    return ended.searchParams.get('status') !== 'pending' && ended;
  });

export type EngineName = 'postgresql' | 'redis';
export const engines: EngineName[] = inject('redisUrl') === null ? ['postgresql'] : ['postgresql', 'redis'];

export const operatorOrgno = '310149942';
export const operatorKey = 'hub_test_operator_key_0123456789abcdef';
const orgnos = { bank: '313876144', insurer: '991825827' } as const;
export type TenantName = keyof typeof orgnos;

/** Settings of a hub on a database of its own, with everything on free ports. */
export const testEnvironment = async (engine: EngineName, databaseUrl: string): Promise<NodeJS.ProcessEnv> => {
  const redisUrl = inject('redisUrl');
  return {
    DATABASE_URL: databaseUrl,
    ...(engine === 'redis' && redisUrl !== null ? { REDIS_URL: redisUrl } : {}),
    QUEUE_PREFIX: `{t-${Math.random().toString(36).slice(2, 10)}}`,
    HUB_DIRECTORY: await mkdtemp(join(tmpdir(), 'hub-')),
    HUB_DATABASE_CONNECTIONS: '28',
    HUB_OPERATOR_KEY: operatorKey,
    HUB_ORGNO: operatorOrgno,
    HUB_EGRESS_ALLOW: '127.0.0.1/32,::1/128',
    // Tests count what goes out: nobody is looked at unasked but where that is the test.
    HUB_PROBES_PER_SECOND: '0',
    PORT: '0',
    METRICS_PORT: '0',
    HUB_SANDBOX_PORT: '0',
    LOG_LEVEL: 'debug',
  };
};

export type World = {
  url: string;
  metricsUrl: string;
  engine: EngineName;
  databaseUrl: string;
  adminUrl: string;
  sandbox: SandboxControl;
  receiver: Receiver;
  banks: Record<TenantName, Bank>;
  /** The bank's endpoint for all events, at the receiver. */
  webhook: { id: string; secret: string };
  /** Every line logged so far. */
  logs: string[];
  call(
    who: TenantName | 'operator',
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  /** Asks for a consent and waits until Altinn has it. */
  ask(who: TenantName, change?: Record<string, unknown>): Promise<{ id: string; approvalUrl: string }>;
  /** The person answers in the sandbox's page; where the browser ended. */
  answer(approvalUrl: string, answer: 'accept' | 'reject', person?: string): Promise<URL>;
  status(who: TenantName, id: string): Promise<string>;
  becomes(who: TenantName, id: string, status: string): Promise<Record<string, unknown>>;
  /** Nothing is due and nothing is under way. */
  settled(): Promise<void>;
};

/**
 * Two tenants, `bank` and `insurer`, each with everything in place at the sandbox; the bank has a webhook. `own`: on this
 * database, which goes with it.
 */
export const openWorld = async (
  engine: EngineName,
  change: NodeJS.ProcessEnv = {},
  own?: FreshDatabase,
): Promise<World & { close(): Promise<void> }> => {
  const database = own ?? (await freshDatabase());
  const env = { ...(await testEnvironment(engine, database.url)), ...change };
  const logs: string[] = [];
  const log = openLog('debug', (line) => logs.push(line));
  const receiver = await openReceiver();
  const hub = await compose(loadConfig(env, 'all'), 'all', { log, clock: movableClock() });
  const { url = '', sandboxUrl = '', metricsUrl = '' } = hub;
  const close = async () => {
    await hub.close();
    await receiver.close();
    await database.drop();
    await rm(env['HUB_DIRECTORY'] ?? '', { recursive: true, force: true });
  };
  try {
    const place = { url, sandboxUrl, operatorKey };
    await furnishOperator(place);
    const redirectUrls = [`${receiver.url}/done`];
    const banks = {
      bank: await furnishBank(place, { orgno: orgnos.bank, name: 'Banken', redirectUrls }),
      insurer: await furnishBank(place, { orgno: orgnos.insurer, name: 'Forsikringen', redirectUrls }),
    };
    const call: World['call'] = (who, method, path, body, headers) =>
      callJson(method, `${url}${path}`, who === 'operator' ? operatorKey : banks[who].key, body, headers);
    const becomes: World['becomes'] = (who, id, status) =>
      until(`consent ${id} to be ${status}`, async () => {
        const { body } = await call(who, 'GET', `/v1/consents/${id}`);
        return body['status'] === status && body;
      });
    const webhook = await call('bank', 'POST', '/v1/webhook-endpoints', { url: `${receiver.url}/webhooks` });
    const world: World = {
      url,
      metricsUrl,
      engine,
      databaseUrl: database.url,
      adminUrl: database.adminUrl,
      sandbox: sandboxControl(sandboxUrl),
      receiver,
      banks,
      webhook: { id: String(webhook.body['id']), secret: String(webhook.body['secret']) },
      logs,
      call,
      async ask(who, asked = {}) {
        const began = performance.now();
        const { status, body } = await call(who, 'POST', '/v1/consents', given.ask(`${receiver.url}/done`, asked), {
          prefer: `wait=${callerWaitsMs / 1000}`,
        });
        // Where many ask at once on a slow machine, Altinn has it later than anybody may wait for.
        const isLate = status === 202 && performance.now() - began >= callerWaitsMs && body['status'] === 'queued';
        if (status !== 201 && !isLate) throw new Error(`asking answered ${status}: ${JSON.stringify(body)}`);
        const id = String(body['id']);
        const { approvalUrl } = isLate ? await becomes(who, id, 'pending') : body;
        return { id, approvalUrl: String(approvalUrl) };
      },
      async answer(approvalUrl, answer, person = persons.one) {
        const { url, by, clickedAt } = await answerAsPerson(approvalUrl, `${person.slice(0, 6)}*****`, answer);
        const ended = new URL(url);
        const waited = performance.now() - clickedAt >= browserWaitsMs;
        if (ended.searchParams.get('status') !== 'pending' || by === undefined || !waited) return ended;
        return sentOnBy(by);
      },
      status: async (who, id) => String((await call(who, 'GET', `/v1/consents/${id}`)).body['status']),
      becomes,
      async settled() {
        await until('all work to be done', async () => {
          const { body } = await call('operator', 'GET', '/operator/v1/queues');
          return (body['items'] as { due: number; handedOut: number }[]).every(
            ({ due, handedOut }) => due === 0 && handedOut === 0,
          );
        });
      },
    };
    return { ...world, close };
  } catch (error) {
    await close();
    throw error;
  }
};

/** What a hub's test that failed leaves to go by: what is owed, and what the hub warned of last. */
const asWasSeen = async ({ call, logs }: Pick<World, 'call' | 'logs'>): Promise<string> => {
  const queues = await call('operator', 'GET', '/operator/v1/queues').catch(() => undefined);
  const owed = (queues?.body['items'] ?? []) as { due: number; handedOut: number; failing: number }[];
  return [
    '',
    ...owed
      .filter(({ due, handedOut, failing }) => due + handedOut + failing > 0)
      .map((queue) => JSON.stringify(queue)),
    ...logs.filter((line) => !/"level":"(debug|info)"/.test(line)).slice(-10),
  ].join('\n');
};

const runTest = (name: string, engine: EngineName, run: (world: World) => Promise<void>, change: NodeJS.ProcessEnv) =>
  test(name, async () => {
    const world = await openWorld(engine, change);
    try {
      await run(world);
    } catch (error) {
      if (error instanceof Error) error.message += await asWasSeen(world);
      throw error;
    } finally {
      await world.close();
    }
  });

/** As `hubTest`, on one engine, where queues have no part in what is tested. */
export const onceTest = (name: string, run: (world: World) => Promise<void>, change: NodeJS.ProcessEnv = {}): void =>
  runTest(name, 'postgresql', run, change);

/** A whole hub for one test, once for each queue engine there is. What the test leaves open fails it. */
export const hubTest = (name: string, run: (world: World) => Promise<void>, change: NodeJS.ProcessEnv = {}): void => {
  for (const engine of engines) runTest(`${name} (queues on ${engine})`, engine, run, change);
};
