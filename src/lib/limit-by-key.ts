import { RateLimiter } from 'limiter';
import { LRUCache } from 'lru-cache';

/** So many are told apart at once; of more, those unseen for longest begin anew. */
const mostKeys = 100_000;

/** Lets so many through within each interval, by key; answers how long to wait where it is one too many, in milliseconds. */
export const limitByKey = ({ most, intervalMs }: { most: number; intervalMs: number }): ((key: string) => number) => {
  const limiters = new LRUCache<string, RateLimiter>({ max: mostKeys });
  const made = (key: string): RateLimiter => {
    const limiter = new RateLimiter({ tokensPerInterval: most, interval: intervalMs });
    limiters.set(key, limiter);
    return limiter;
  };
  return (key) => {
    const limiter = limiters.get(key) ?? made(key);
    return limiter.tryRemoveTokens(1) ? 0 : Math.max(1, limiter.getWaitTime(1));
  };
};
