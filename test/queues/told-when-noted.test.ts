import { expect, test } from 'vitest';
import { movableClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import type { EngineJob } from '../../src/queues/engine.ts';
import { startWorkers, type WorkersOptions } from '../../src/queues/start-workers.ts';
import { probedTopic } from '../../src/usecases/jobs.ts';

const subjectId = '0193627c-9c3e-7d1a-b0a4-6f8f2a1c5e77';
const handOut = { outboxId: 'x', tenantId: 'x', subjectId, handOut: 1, failures: 0 };

/** What became of one run of `probe-client`, in order. */
const happened = async (work: () => Promise<undefined>): Promise<string[]> => {
  const seen: string[] = [];
  const note = (what: string) => async () => void seen.push(what);
  let run: ((job: EngineJob) => Promise<void>) | undefined;
  const workers = await startWorkers({
    works: { 'probe-client': work },
    engine: {
      work: async (job: string, _many: number, runner: typeof run) => {
        if (job === 'probe-client') run = runner;
        return { close: async () => undefined };
      },
    },
    outbox: {
      claim: async () => ({ handOuts: [], standing: [], isLeft: false, nextInMs: undefined }),
      settle: note('settled'),
      fail: note('failure noted'),
    },
    notices: { on: () => () => undefined, tell: (topic: string) => void seen.push(topic) },
    clock: movableClock(),
    log: silentLog,
  } as unknown as WorkersOptions);
  await run?.({ data: { handOuts: [handOut] }, waitedMs: 0, isAgain: false });
  await workers.close();
  return seen;
};

test('whoever waits for a look at a client is told when it has been noted, also when there was nothing to look at', async () => {
  expect(await happened(async () => undefined)).toEqual(['settled', probedTopic(subjectId)]);
  expect(await happened(() => Promise.reject(new Error('no answer')))).toEqual([
    'failure noted',
    probedTopic(subjectId),
  ]);
});
