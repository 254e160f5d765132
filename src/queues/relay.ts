import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { JobName } from '../usecases/jobs.ts';
import type { HandOut, Outbox } from '../usecases/outbox-port.ts';
import type { Engine } from './engine.ts';

export type Relay = {
  /** Something may be due, or room may have come free. */
  wake(): void;
  /** A run has ended: the next in line may go, if the corridor was full. */
  freed(): void;
  close(): Promise<void>;
};

export type RelayOptions = {
  job: JobName;
  /** So many at most are on their way at once, over all processes. */
  window: number;
  leaseMs: number;
  outbox: Outbox;
  engine: Pick<Engine, 'hand'>;
  clock: Clock;
  log: Log;
};

/** However good the notices are, each relay looks by itself so often. */
const sweepMs = 1000;

/**
 * Carries due work of one kind from PostgreSQL to the queue engine, never more than workers can soon take. Several relays
 * share the work without a leader: rows are claimed with `skip locked`.
 */
export const startRelay = ({ job, window, leaseMs, outbox, engine, clock, log }: RelayOptions): Relay => {
  let closed = false;
  let woken = false;
  let full = false;
  let rouse = () => {};

  const rest = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      rouse = () => {
        clearTimeout(timer);
        resolve();
      };
      if (woken) rouse();
    });
  const wake = () => {
    woken = true;
    rouse();
  };

  const handOver = async (claimed: HandOut[]) => {
    try {
      await engine.hand(
        job,
        claimed.map((data) => ({ id: `${data.outboxId}-${data.handOut}`, data })),
      );
    } catch (error) {
      await outbox.putBack(job, claimed);
      throw error;
    }
  };

  const run = async () => {
    while (!closed) {
      woken = false;
      let pause = sweepMs;
      try {
        const claimed = await outbox.claim(job, clock.now(), leaseMs, window);
        if (claimed.length > 0) await handOver(claimed);
        const dueIn = await outbox.nextIn(job, clock.now());
        // Something is due, and none of it was to be had: the corridor is full.
        full = dueIn === 0 && claimed.length === 0;
        if (dueIn === 0 && !full) continue;
        if (dueIn !== undefined && dueIn > 0) pause = Math.min(sweepMs, dueIn + 1);
      } catch (error) {
        if (!closed) log.warn({ error, job }, 'work could not be handed out; it stays owed');
      }
      if (!woken && !closed) await rest(pause);
    }
  };
  const running = run();

  return {
    wake,
    freed: () => {
      if (full) wake();
    },
    async close() {
      closed = true;
      wake();
      await running;
    },
  };
};
