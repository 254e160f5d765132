import { RateLimiter } from 'limiter';
import { LRUCache } from 'lru-cache';

/** So many are told apart at once; of more, those unseen for longest begin anew. */
const mostKeys = 100_000;

/** Counts one more; answers how long to wait where it is one too many, in milliseconds, and 0 otherwise. */
export type Counted = () => number;

/** Lets so many through within each interval, by key. What it answers for a key counts for that key, and may be kept a while. */
export const limitByKey = ({ most, intervalMs }: { most: number; intervalMs: number }): ((key: string) => Counted) => {
  const limiters = new LRUCache<string, RateLimiter>({ max: mostKeys });
  const made = (key: string): RateLimiter => {
    const limiter = new RateLimiter({ tokensPerInterval: most, interval: intervalMs });
    limiters.set(key, limiter);
    return limiter;
  };
  return (key) => {
    const limiter = limiters.get(key) ?? made(key);
    return () => (limiter.tryRemoveTokens(1) ? 0 : Math.max(1, limiter.getWaitTime(1)));
  };
};
