import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { JobName } from '../usecases/jobs.ts';
import type { HandOut, Outbox } from '../usecases/outbox-port.ts';
import type { Engine } from './engine.ts';
import { openOutage } from './outage.ts';

export type Relay = {
  /** Something may be due. */
  wake(): void;
  /** A run has ended, of this relay's work or another's: the next in line may go. */
  ended(handOut: HandOut): void;
  close(): Promise<void>;
};

export type RelayOptions = {
  job: JobName;
  /** So many of its hand-outs at most are on their way at once: as many as its own process can run. */
  places: number;
  /** So many of them for a tenant that is alone. */
  share: number;
  leaseMs: number;
  outbox: Outbox;
  engine: Pick<Engine, 'hand'>;
  clock: Clock;
  log: Log;
};

/** However good the notices are, each relay looks by itself so often. */
const sweepMs = 1000;

/** So many hand-outs at most are one job of the engine, which takes about as long over a job whatever is in it. */
const mostTogether = 256;

/** So many go one by one. */
const fewAlone = 8;

/** Together when there are many; a few go one by one, so that every process gets some of them. */
const bundles = (handOuts: readonly HandOut[]): HandOut[][] => {
  const size = handOuts.length <= fewAlone ? 1 : Math.min(mostTogether, Math.ceil(handOuts.length / 2));
  return Array.from({ length: Math.ceil(handOuts.length / size) }, (_, nth) =>
    handOuts.slice(nth * size, (nth + 1) * size),
  );
};

/**
 * Most hand-outs have ended after so long, and those that ended elsewhere are missed before anybody waits for their places. One
 * that was found to stand is not asked for again sooner: thousands may hang.
 */
const youngMs = 200;

/**
 * With a backlog, places that came free wait so long for others, to be filled with one claim: a moment where one tenant has all
 * that is out, whose next work it would else wait for, and longer where several have …
 */
const biteMs = { ofOne: 5, ofSeveral: 15 };
/** … and no two claims begin closer than that. */
const betweenMs = 3;

/**
 * Carries due work of one kind from PostgreSQL to the queue engine, by turns over tenants, never more than its own process
 * could run: nothing waits in the engine for a worker to have time. Several relays share the work without a leader: rows are
 * claimed with `skip locked`, and each counts what it has handed out itself, whoever runs it.
 */
export const startRelay = (options: RelayOptions): Relay => {
  const { job, places, share, leaseMs, outbox, engine, clock, log } = options;
  const out = new Map<string, HandOut & { sinceMs: number }>();
  const outage = openOutage(log, { job }, 'work could not be handed out; it stays owed', 'work is handed out again');
  let closed = false;
  let woken = false;
  /** Something due was left behind at the last claim: what has ended since then makes room for it. */
  let isLeft = false;
  /** Of this relay's hand-outs, so many held places at the last claim; and so many of others' have ended since, as its own may elsewhere. */
  let counted = 0;
  let others = 0;
  let biting: NodeJS.Timeout | undefined;
  let after: string | undefined;
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
  const lookForMore = () => {
    const freed = counted - out.size + others;
    if (!isLeft || freed <= 0) return;
    const areSeveral = counted > share;
    if (freed >= (areSeveral ? Math.min(share, counted / 4) : share / 2)) wake();
    else
      biting ??= setTimeout(
        () => {
          biting = undefined;
          wake();
        },
        areSeveral ? biteMs.ofSeveral : biteMs.ofOne,
      );
  };

  const putBack = async (claimed: readonly HandOut[]) => {
    for (const { outboxId } of claimed) out.delete(outboxId);
    await outbox.putBack(job, claimed);
  };

  /** Answers what went wrong, if anything did: the work is owed as before. */
  const handOver = async (claimed: readonly HandOut[]): Promise<unknown> => {
    if (claimed.length === 0) return undefined;
    try {
      await engine.hand(
        job,
        bundles(claimed).map((handOuts) => ({
          id: `${handOuts[0]?.outboxId}-${handOuts[0]?.handOut}`,
          data: { handOuts },
        })),
      );
      outage.over();
      return undefined;
    } catch (error) {
      // Where that fails too, the leases will end.
      await putBack(claimed).catch(() => undefined);
      return error;
    }
  };

  const claim = async () => {
    woken = false;
    others = 0;
    clearTimeout(biting);
    biting = undefined;
    const nowMs = performance.now();
    const { asked = [], young = [] } = Object.groupBy(out.values(), ({ sinceMs }) =>
      sinceMs < nowMs - youngMs ? 'asked' : 'young',
    );
    const claimed = await outbox.claim(job, clock.now(), leaseMs, {
      ...{ places, share, after, out: asked, young: young.map(({ tenantId }) => tenantId) },
    });
    const standing = new Set(claimed.standing);
    for (const handOut of asked)
      if (standing.has(handOut.outboxId)) handOut.sinceMs = nowMs;
      else out.delete(handOut.outboxId);
    for (const handOut of claimed.handOuts) out.set(handOut.outboxId, { ...handOut, sinceMs: performance.now() });
    after = claimed.handOuts.at(-1)?.tenantId ?? after;
    counted = standing.size + young.length + claimed.handOuts.length;
    isLeft = claimed.isLeft;
    return claimed;
  };

  const run = async () => {
    /** One batch is on its way to the engine while the next is claimed. */
    let handing: Promise<unknown> = Promise.resolve();
    while (!closed) {
      let pause = sweepMs;
      const beganAt = performance.now();
      try {
        const { handOuts, nextInMs } = await claim();
        const failed = await handing;
        if (failed) await putBack(handOuts);
        handing = failed ? Promise.resolve() : handOver(handOuts);
        // Without a backlog there is nothing to be claimed meanwhile.
        const wrong = failed ?? (isLeft ? undefined : await handing);
        if (wrong) throw wrong;
        if (nextInMs !== undefined) pause = Math.min(sweepMs, Math.ceil(nextInMs) + 1);
        if (isLeft) pause = Math.min(pause, youngMs);
      } catch (error) {
        if (!closed) outage.noted(error);
      }
      lookForMore();
      if (!closed && !woken) await rest(pause);
      const soon = beganAt + betweenMs - performance.now();
      if (!closed && isLeft && soon > 0) await new Promise((resolve) => setTimeout(resolve, soon));
    }
    await handing;
  };
  const running = run();

  return {
    wake,
    ended({ outboxId, handOut }) {
      if (out.get(outboxId)?.handOut === handOut) out.delete(outboxId);
      else others += 1;
      lookForMore();
    },
    async close() {
      closed = true;
      wake();
      await running;
      clearTimeout(biting);
    },
  };
};
