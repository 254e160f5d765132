import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'vitest';
import { compose } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { movableClock } from '../../src/lib/clock.ts';
import { openLog } from '../../src/lib/log.ts';
import { type EventStream, openEventStream } from '../support/event-stream.ts';
import { engines, openWorld, testEnvironment, type World } from '../support/hub-test.ts';

export type TwoApis = World & {
  /** Of a second API, on the same database and with the same keys; the first is `url`. */
  otherUrl: string;
  otherMetricsUrl: string;
  /** What the second one has logged. */
  otherLogs: string[];
  closeOther(): Promise<void>;
  /** A stream that is closed with the test. */
  follow(...ask: Parameters<typeof openEventStream>): Promise<EventStream>;
  /** Writes so many events of the bank, a worker's to deliver. */
  ping(many?: number): Promise<void>;
};

/** A hub, and a second API beside it: what one writes, the other has to hear of. */
export const twoApisTest = (
  name: string,
  run: (world: TwoApis) => Promise<void>,
  change: NodeJS.ProcessEnv = {},
): void =>
  test(name, async ({ onTestFinished }) => {
    const engine = engines[0] ?? 'postgresql';
    const own = { ...change, HUB_DIRECTORY: await mkdtemp(join(tmpdir(), 'hub-')) };
    const world = await openWorld(engine, own);
    onTestFinished(world.close);
    const otherLogs: string[] = [];
    const env = { ...(await testEnvironment(engine, world.databaseUrl)), ...own };
    const log = openLog('debug', (line) => otherLogs.push(line));
    const other = await compose(loadConfig(env, 'api'), 'api', { log, clock: movableClock() });
    onTestFinished(other.close);
    const streams: EventStream[] = [];
    onTestFinished(() => {
      for (const stream of streams) stream.close();
    });
    await run({
      ...world,
      otherUrl: other.url ?? '',
      otherMetricsUrl: other.metricsUrl ?? '',
      otherLogs,
      closeOther: other.close,
      async follow(...ask) {
        const stream = await openEventStream(...ask);
        streams.push(stream);
        return stream;
      },
      async ping(many = 1) {
        for (let turn = 0; turn < many; turn++) {
          const { status } = await world.call('bank', 'POST', `/v1/webhook-endpoints/${world.webhook.id}/test`);
          if (status !== 202) throw new Error(`a ping answered ${status}`);
        }
      },
    });
  });
