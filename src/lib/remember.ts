import { LRUCache } from 'lru-cache';

/** What a process remembers of something it would else ask for each time. Concurrent askers share one look. */
export type Memory<T extends object> = { get(key: string): Promise<T | undefined>; forget(): void };

const absent = Symbol('absent');

/** Believed for `ttlMs` at most, also when nobody says that it changed; what was not found is remembered likewise. */
export const remember = <T extends object>(
  load: (key: string) => Promise<T | undefined>,
  ttlMs: number,
  most = 10_000,
): Memory<T> => {
  const cache = new LRUCache<string, { value: T | typeof absent }>({
    max: most,
    ttl: ttlMs,
    fetchMethod: async (key) => ({ value: (await load(key)) ?? absent }),
    // Who was waiting when all was forgotten still gets what was loaded; it is not kept.
    ignoreFetchAbort: true,
  });
  return {
    async get(key) {
      const found = await cache.fetch(key);
      return found === undefined || found.value === absent ? undefined : found.value;
    },
    forget: () => cache.clear(),
  };
};
