import { LRUCache } from 'lru-cache';
import type { Gate } from './gate.ts';

/** What a process remembers of something it would else ask for each time. Concurrent askers share one look. */
export type Memory<T extends object> = {
  get(key: string): Promise<T | undefined>;
  /** What is there already and still believed, at once. */
  held(key: string): T | undefined;
  forget(): void;
};

type Options = {
  /** Remembered at once; the longest unused goes first. */
  most?: number;
  /** What keys pass that were never found before. One that was found once goes round it: strangers cannot keep it out. */
  strangers?: Gate;
};

/**
 * Believed for `ttlMs` at most since the look for it began, also when nobody says that it changed; what was not found is
 * remembered likewise, but apart, so that however many keys lead nowhere push out none that leads somewhere.
 */
export const remember = <T extends object>(
  load: (key: string) => Promise<T | undefined>,
  ttlMs: number,
  { most = 10_000, strangers }: Options = {},
): Memory<T> => {
  const acquainted = new LRUCache<string, true>({ max: most });
  const absent = new LRUCache<string, true>({ max: most, ttl: ttlMs });
  const look = async (key: string): Promise<T | undefined> => {
    const found = strangers && !acquainted.has(key) ? await strangers(() => load(key)) : await load(key);
    if (found && strangers) acquainted.set(key, true);
    return found;
  };
  // An object also for what was not found: a look that brings nothing while all is forgotten would else be taken for a failure.
  const cache = new LRUCache<string, { value: T | undefined; leftMs: number }>({
    max: most,
    ttl: ttlMs,
    fetchMethod: async (key, _stale, { options }) => {
      const beganAt = performance.now();
      const value = await look(key);
      const leftMs = Math.max(1, ttlMs - (performance.now() - beganAt));
      options.ttl = leftMs;
      return { value, leftMs };
    },
    // Who was waiting when all was forgotten still gets what was loaded; it is not kept.
    ignoreFetchAbort: true,
  });
  const held = (key: string): T | undefined => cache.get(key)?.value;
  return {
    held,
    async get(key) {
      // Without all that a fetch takes.
      const there = held(key);
      if (there !== undefined) return there;
      if (absent.has(key)) return undefined;
      const found = await cache.fetch(key);
      if (found && found.value === undefined && found === cache.peek(key)) {
        cache.delete(key);
        absent.set(key, true, { ttl: found.leftMs });
      }
      return found?.value;
    },
    forget() {
      cache.clear();
      absent.clear();
    },
  };
};
