import { rm } from 'node:fs/promises';
import { onTestFinished, test } from 'vitest';
import { type Answer, callJson } from '../../src/cli/call-json.ts';
import { type Bank, furnishBank, furnishOperator } from '../../src/cli/furnish.ts';
import { compose, type Hub } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { movableClock } from '../../src/lib/clock.ts';
import { openLog } from '../../src/lib/log.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { freshDatabase } from '../support/database.ts';
import { given } from '../support/given.ts';
import { type EngineName, engines, operatorKey, operatorOrgno, testEnvironment } from '../support/hub-test.ts';
import { openReceiver } from '../support/receiver.ts';
import { startRedis } from '../support/redis-server.ts';
import { sandboxControl } from '../support/sandbox-control.ts';
import { until } from '../support/until.ts';
import { openGate } from './gate.ts';

type Places = { engine: EngineName; database: string; admin: string; redis: string | undefined };

/** One hub after another on the same database, while sandbox, bank, PostgreSQL and a Redis of its own go on. */
export const openLastingWorld = async ({ engine, database, admin, redis }: Places) => {
  const clock = movableClock();
  const sandbox = await startSandbox({ port: 0, clock, log: openLog('silent'), operatorOrgno });
  onTestFinished(sandbox.close);
  const receiver = await openReceiver();
  onTestFinished(receiver.close);
  const env: NodeJS.ProcessEnv = {
    ...(await testEnvironment(engine, database)),
    ...(redis === undefined ? {} : { REDIS_URL: redis }),
    MASKINPORTEN_ISSUER: `${sandbox.url}/maskinporten/`,
    ALTINN3_URL: `${sandbox.url}/altinn3/`,
    ALTINN2_URL: `${sandbox.url}/altinn2/`,
    // Work that went down with a hub or a Redis is handed out again so soon.
    HUB_LEASE_SECONDS: '2',
  };
  onTestFinished(() => rm(env['HUB_DIRECTORY'] ?? '', { recursive: true, force: true }));

  let hub: Hub | undefined;
  const close = async () => {
    await hub?.close();
    hub = undefined;
  };
  onTestFinished(close);
  const open = async (change: NodeJS.ProcessEnv = {}) => {
    hub = await compose(loadConfig({ ...env, ...change }, 'all'), 'all', { log: openLog('silent'), clock });
  };
  await open();
  const url = () => hub?.url ?? '';
  const metricsUrl = () => hub?.metricsUrl ?? '';
  const place = { url: url(), sandboxUrl: sandbox.url, operatorKey };
  await furnishOperator(place);
  const redirectUrls = [`${receiver.url}/done`];
  const bank: Bank = await furnishBank(place, { orgno: '313876144', name: 'Banken', redirectUrls });
  const call = (method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> =>
    callJson(method, `${url()}${path}`, bank.key, body, headers);
  await call('POST', '/v1/webhook-endpoints', { url: `${receiver.url}/webhooks` });
  return {
    engine,
    adminUrl: admin,
    sandbox: sandboxControl(sandbox.url),
    receiver,
    bank,
    open,
    close,
    call,
    url,
    metricsUrl,
    /** Asks, and is answered at once. */
    async ask(change: Record<string, unknown> = {}): Promise<string> {
      const { status, body } = await call('POST', '/v1/consents', given.ask(`${receiver.url}/done`, change));
      if (status !== 202) throw new Error(`asking answered ${status}: ${JSON.stringify(body)}`);
      return String(body['id']);
    },
    becomes: (id: string, status: string) =>
      until(`consent ${id} to be ${status}`, async () => {
        const { body } = await call('GET', `/v1/consents/${id}`);
        return body['status'] === status && body;
      }),
  };
};

type LastingWorld = Awaited<ReturnType<typeof openLastingWorld>>;
type Gates = {
  database: Awaited<ReturnType<typeof openGate>>;
  /** Undefined where the queues live in PostgreSQL. */
  redis: (Awaited<ReturnType<typeof openGate>> & { realUrl: string }) | undefined;
};

/** A world that outlives its hub, once for each queue engine; its servers are behind gates that can be shut. */
export const lastingTest = (name: string, run: (world: LastingWorld, gates: Gates) => Promise<void>): void => {
  for (const engine of engines)
    test(`${name} (queues on ${engine})`, async () => {
      const database = await freshDatabase();
      onTestFinished(database.drop);
      const databaseGate = await openGate(database.url);
      onTestFinished(databaseGate.close);
      const server = engine === 'redis' ? await startRedis() : undefined;
      if (server) onTestFinished(server.stop);
      const redisGate = server && { ...(await openGate(server.url)), realUrl: server.url };
      if (redisGate) onTestFinished(redisGate.close);
      const places = { engine, database: databaseGate.url, admin: database.adminUrl, redis: redisGate?.url };
      await run(await openLastingWorld(places), { database: databaseGate, redis: redisGate });
    });
};
