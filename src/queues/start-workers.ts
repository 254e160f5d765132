import { Problem } from '../domain/problem.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { within } from '../lib/within.ts';
import { type Job, type JobName, jobNames, jobs } from '../usecases/jobs.ts';
import type { HandOut, Outbox } from '../usecases/outbox-port.ts';
import type { Notices } from '../usecases/ports.ts';
import type { Work } from '../usecases/use-cases.ts';
import type { Engine } from './engine.ts';
import { type Relay, startRelay } from './relay.ts';

export type WorkersOptions = {
  works: Record<JobName, Work>;
  engine: Engine;
  outbox: Outbox;
  notices: Notices;
  clock: Clock;
  log: Log;
  /** How long work handed out is left alone; by default three times its own time limit. */
  leaseMs?: number | undefined;
  /** Told after each run, for metrics. */
  onRun?: (job: JobName, outcome: 'done' | 'again', seconds: number) => void;
};

/** What one job of the engine holds. */
type HandOuts = { handOuts: readonly HandOut[] };

/** A suspended tenant's work is due when the tenant is resumed; so often it looks by itself, however that came about. */
const restMs = 60 * 60_000;

/**
 * Runs one piece of work once. The outbox, not the queue engine, decides whether and when it is handed out again; so a
 * failure is noted there, and the engine is told nothing but that the job has run.
 */
const runner =
  (job: JobName, { works, outbox, notices, clock, log, onRun }: WorkersOptions, ended: (handOut: HandOut) => void) =>
  async (handOut: HandOut, mayBeOver: boolean): Promise<void> => {
    const { tenantId, subjectId, handOut: number } = handOut;
    const fields = { job, tenantId, subjectId, handOut: number };
    const began = performance.now();
    if (mayBeOver && !(await outbox.stands(job, handOut).catch(() => true))) {
      log.debug(fields, 'overtaken by a later hand-out');
      ended(handOut);
      return;
    }
    log.debug(fields, 'started');
    let outcome: 'done' | 'again' = 'done';
    try {
      const next = await within(jobs[job].timeoutMs, undefined, (signal) => works[job](handOut, signal));
      if (next && 'rests' in next) {
        const now = clock.now();
        await outbox.rest(job, handOut, new Date(now.getTime() + restMs), now);
        log.debug(fields, 'rests: its tenant is suspended');
        return;
      }
      const nextAt = next && 'nextAt' in next ? next.nextAt : undefined;
      if (!next || nextAt) await outbox.settle(job, handOut, nextAt);
      const ms = Math.round(performance.now() - began);
      const again = nextAt ? `,"nextAt":"${nextAt.toISOString()}"` : '';
      log.line(
        `"job":"${job}","tenantId":"${tenantId}","subjectId":"${subjectId}","handOut":${number},"ms":${ms}${again}`,
        'done',
      );
    } catch (error) {
      outcome = 'again';
      const problem = error instanceof Problem ? error.code : 'internal';
      const pause = jobs[job].again(handOut.failures + 1);
      const again = new Date(
        clock.now().getTime() +
          Math.max(pause, (error instanceof Problem ? (error.more.retryAfterSeconds ?? 0) : 0) * 1000),
      );
      const tell = error instanceof Problem ? log.warn : log.error;
      tell.call(log, { ...fields, problem, again, error }, 'failed; it stays owed');
      await outbox
        .fail(job, handOut, again, problem)
        .catch((lost: unknown) => log.warn({ ...fields, error: lost }, 'not noted; its lease will end'));
    } finally {
      const { topic }: Job = jobs[job];
      if (topic) notices.tell(topic(subjectId));
      onRun?.(job, outcome, (performance.now() - began) / 1000);
      ended(handOut);
    }
  };

/** Starts a relay and a worker for each kind of work. Closing takes no more work, then finishes what is under way. */
export const startWorkers = async (options: WorkersOptions): Promise<{ wake(): void; close(): Promise<void> }> => {
  const { engine, outbox, notices, clock, log } = options;
  const relays: Relay[] = [];
  const stops: (() => void)[] = [];
  const closers: (() => Promise<void>)[] = [];
  for (const job of jobNames) {
    const { concurrency: share, places = 2 * share, timeoutMs }: Job = jobs[job];
    const leaseMs = options.leaseMs ?? 3 * timeoutMs;
    let relay: Relay | undefined;
    const run = runner(job, options, (handOut) => relay?.ended(handOut));
    const worker = await engine.work(job, places, async ({ data, waitedMs, isAgain }) => {
      // Past its lease it may have been handed out again: were each of those run, a worker that has fallen behind would do the
      // same over and over, note none of it, and never catch up. And of what somebody began, some was done.
      const mayBeOver = isAgain || waitedMs > leaseMs;
      await Promise.all((data as HandOuts).handOuts.map((handOut) => run(handOut, mayBeOver)));
    });
    closers.push(() => worker.close());
    relay = startRelay({
      job,
      places,
      share,
      leaseMs,
      outbox,
      engine,
      clock,
      log,
    });
    stops.push(notices.on(`work:${job}`, relay.wake));
    relays.push(relay);
  }
  return {
    wake: () => {
      for (const relay of relays) relay.wake();
    },
    async close() {
      for (const stop of stops) stop();
      await Promise.all(relays.map((relay) => relay.close()));
      await Promise.all(closers.map((close) => close()));
    },
  };
};
