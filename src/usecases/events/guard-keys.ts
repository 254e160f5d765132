import type { Parts } from '../memory.ts';
import type { Store } from '../store-port.ts';

/** How often the database is asked whether the keys of all streams still open them: one short statement. */
const everyMs = 1000;
/** A stream whose key could not be looked at for so long ends: with one look more, that is within five seconds. */
const doubtMs = 3500;

export type Revoked = 'stopped' | 'ended' | 'unsure';
/** One stream that lives for as long as its key does. */
export type Guarded = {
  /** Aborted, with a `Revoked` for its reason, when key or tenant opens nothing any more, or nobody could find out. */
  over: AbortSignal;
  leave(): void;
};

/** `endsAt`: what was shown for the key opens nothing from then on, though the key may. */
type Key = { tenantId: string; keyId: string; endsAt?: Date | undefined };
type Watched = Key & { end: AbortController; surePerformanceMs: number };

/** Looks after the keys with which streams were opened: at each word of a change, and by itself. */
export const openKeyGuard = ({
  clock,
  store,
  notices,
  log,
}: Pick<Parts, 'clock' | 'notices' | 'log'> & { store: Pick<Store, 'keysInForce'> }) => {
  const watched = new Set<Watched>();
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let stop = () => {};

  const look = async (): Promise<void> => {
    const asked = [...watched];
    if (asked.length === 0) return;
    const startedAt = performance.now();
    const keys = new Map(asked.map(({ keyId, tenantId }) => [keyId, { keyId, tenantId }]));
    const now = clock.now();
    const inForce = await store.keysInForce([...keys.values()], now);
    for (const one of asked)
      if (one.endsAt && one.endsAt <= now) one.end.abort('ended' satisfies Revoked);
      else if (inForce.has(one.keyId)) one.surePerformanceMs = startedAt;
      else one.end.abort('stopped' satisfies Revoked);
  };
  /** Begins after it was asked for: a look under way may have begun too early. Many who ask share one. */
  const looked = (): Promise<void> => {
    if (!running) {
      running = look().finally(() => {
        running = undefined;
      });
      return running;
    }
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return looked();
      });
    return next;
  };
  const lookAnyway = () =>
    void looked().catch((error: unknown) => log.debug({ error }, 'the keys of streams could not be looked at'));
  const tick = () => {
    for (const one of watched)
      if (performance.now() - one.surePerformanceMs > doubtMs) one.end.abort('unsure' satisfies Revoked);
    if (!running) lookAnyway();
  };
  const start = () => {
    const timer = setInterval(tick, everyMs);
    const stopHearing = notices.on('changed:keys', lookAnyway);
    stop = () => {
      clearInterval(timer);
      stopHearing();
    };
  };

  /** Resolves once the key has been looked at; its stream is over already where it opens nothing. @throws Problem `database-unavailable` */
  return async ({ tenantId, keyId, endsAt }: Key): Promise<Guarded> => {
    const one = { tenantId, keyId, endsAt, end: new AbortController(), surePerformanceMs: performance.now() };
    if (watched.size === 0) start();
    watched.add(one);
    const leave = () => {
      if (watched.delete(one) && watched.size === 0) stop();
    };
    try {
      await looked();
    } catch (error) {
      leave();
      throw error;
    }
    return { over: one.end.signal, leave };
  };
};
