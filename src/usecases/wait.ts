import { openPlaces } from '../lib/places.ts';
import type { Notices } from './ports.ts';

/** However good the notices are: whoever waits looks by itself, soon at first and then more seldom. */
const firstSweepMs = 500;
const lastSweepMs = 5000;

/** So many may wait at once in a process; one tenant's waiters leave room for the others'. */
const mostOfTenant = 500;
const mostInAll = 5000;

export type Wait<T> = {
  topic: string;
  timeoutMs: number;
  /** Shared by all who wait for the topic: what it finds may not depend on who asks. */
  look(): Promise<T>;
  isEnough(found: T): boolean;
  /** What the caller saw a moment ago: the first look then waits for a notice, or for the first sweep. */
  seen?: T;
  /** Whose caller waits. Absent: work of our own, which is bounded already. */
  tenantId?: string;
};

type Waiter<T> = Pick<Wait<T>, 'isEnough'> & {
  latest?: { found: T };
  isOver: boolean;
  timer?: NodeJS.Timeout;
  resolve(found: T | undefined): void;
  reject(error: unknown): void;
};

/** All who wait for one topic: one look and one sweep serve them all. */
class Watch<T> {
  readonly waiters = new Set<Waiter<T>>();
  private readonly look: () => Promise<T>;
  private sweepMs = firstSweepMs;
  private isWoken = false;
  private rouse = () => {};

  constructor(look: () => Promise<T>) {
    this.look = look;
  }

  readonly wake = (): void => {
    this.isWoken = true;
    this.rouse();
  };

  /** Until nobody waits any more; `onEmpty` is called in that same moment, so that nobody joins what has ended. */
  async run(onEmpty: () => void): Promise<void> {
    if ([...this.waiters].every(({ latest }) => latest)) await this.rest();
    while (this.waiters.size > 0) {
      this.isWoken = false;
      // Who comes while it is under way may have missed what it did not see, and gets the next one.
      const served = [...this.waiters];
      try {
        const found = await this.look();
        for (const waiter of served) this.tell(waiter, found);
      } catch (error) {
        for (const waiter of served) if (this.leaves(waiter)) waiter.reject(error);
      }
      if (!this.isWoken && this.waiters.size > 0) await this.rest();
    }
    onEmpty();
  }

  /** Its time is over: it goes with what it saw last, or with the look under way. */
  end(waiter: Waiter<T>): void {
    waiter.isOver = true;
    if (waiter.latest && this.leaves(waiter)) waiter.resolve(waiter.latest.found);
    if (this.waiters.size === 0) this.rouse();
  }

  private leaves(waiter: Waiter<T>): boolean {
    clearTimeout(waiter.timer);
    return this.waiters.delete(waiter);
  }

  private tell(waiter: Waiter<T>, found: T): void {
    if (!this.waiters.has(waiter)) return;
    waiter.latest = { found };
    if ((waiter.isOver || waiter.isEnough(found)) && this.leaves(waiter)) waiter.resolve(found);
  }

  private rest(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.sweepMs);
      this.sweepMs = Math.min(lastSweepMs, 2 * this.sweepMs);
      this.rouse = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

type Room = { watches: Map<string, Watch<unknown>>; enter: ReturnType<typeof openPlaces> };
/** Who waits in this process, by the notices that wake them. */
const rooms = new WeakMap<Notices, Room>();

const roomOf = (notices: Notices): Room => {
  const room = rooms.get(notices) ?? {
    watches: new Map(),
    enter: openPlaces({ ofKey: mostOfTenant, inAll: mostInAll }),
  };
  rooms.set(notices, room);
  return room;
};

const join = <T>(notices: Notices, { watches }: Room, { topic, timeoutMs, look, isEnough, seen }: Wait<T>) =>
  new Promise<T | undefined>((resolve, reject) => {
    const known = watches.get(topic) as Watch<T> | undefined;
    const watch = known ?? new Watch(look);
    const latest = seen === undefined ? {} : { latest: { found: seen } };
    const waiter: Waiter<T> = { isEnough, isOver: false, resolve, reject, ...latest };
    watch.waiters.add(waiter);
    waiter.timer = setTimeout(() => watch.end(waiter), timeoutMs);
    if (known) return known.wake();
    watches.set(topic, watch as Watch<unknown>);
    // Heard before the first look, so that nothing falls between.
    const stop = notices.on(topic, watch.wake);
    void watch.run(() => {
      stop();
      watches.delete(topic);
    });
  });

/**
 * Looks until it is enough or the time is over, woken by notices of the topic. Holds no database connection while it
 * waits, and however many wait for the same, they look together.
 *
 * Answers what was seen last, enough or not; undefined, and at once, where too many wait already.
 */
export const waitFor = async <T>(notices: Notices, wait: Wait<T>): Promise<T | undefined> => {
  const room = roomOf(notices);
  const leave = wait.tenantId === undefined ? () => {} : room.enter(wait.tenantId);
  if (!leave) return undefined;
  try {
    return await join(notices, room, wait);
  } finally {
    leave();
  }
};
