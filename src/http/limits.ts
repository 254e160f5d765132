import { hash } from 'node:crypto';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { Problem } from '../domain/problem.ts';
import type { By } from '../usecases/use-cases.ts';

const failuresPerMinute = 30;
const mostKnownKeys = 10_000;

export type Limits = {
  /** From an address that failed too often, only keys that were good before are still looked at. */
  beforeLooking(key: string, address: string): Promise<void>;
  failed(key: string, address: string): Promise<void>;
  succeeded(key: string): void;
  called(caller: By['caller']): Promise<void>;
};

const tooMany = (detail: string, { msBeforeNext }: RateLimiterRes): Problem =>
  new Problem('too-many-requests', detail, { retryAfterSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)) });

const consume = async (limiter: RateLimiterMemory, key: string, detail: string): Promise<void> => {
  try {
    await limiter.consume(key);
  } catch (error) {
    throw error instanceof RateLimiterRes ? tooMany(detail, error) : error;
  }
};

/** Whoever has one address of an IPv6 network has them all: count by /64. */
const networkOf = (address: string): string =>
  address.includes(':') && !address.includes('.') ? address.split(':').slice(0, 4).join(':') : address;

/**
 * Limits of this process, in memory: per key, per tenant, and per address for keys that do not fit, so that guessing is
 * slow. Callers behind one proxy share an address: a good key that has been seen keeps working whatever its neighbours do.
 */
export const openLimits = (options: { perKeyPerSecond: number; perTenantPerSecond: number }): Limits => {
  const perKey = new RateLimiterMemory({ points: options.perKeyPerSecond, duration: 1 });
  const perTenant = new RateLimiterMemory({ points: options.perTenantPerSecond, duration: 1 });
  const failures = new RateLimiterMemory({ points: failuresPerMinute, duration: 60 });
  const goodKeys = new Set<string>();
  let anyFailed = false;
  const digest = (key: string) => hash('sha256', key, 'base64');

  return {
    async beforeLooking(key, address) {
      if (!anyFailed) return;
      const standing = await failures.get(networkOf(address));
      if (standing && standing.consumedPoints >= failuresPerMinute && !goodKeys.has(digest(key)))
        throw tooMany('Too many keys from this address did not fit', standing);
    },
    async failed(key, address) {
      anyFailed = true;
      goodKeys.delete(digest(key));
      await failures.penalty(networkOf(address));
    },
    succeeded(key) {
      const known = digest(key);
      if (goodKeys.has(known)) return;
      const [oldest] = goodKeys;
      if (goodKeys.size >= mostKnownKeys && oldest !== undefined) goodKeys.delete(oldest);
      goodKeys.add(known);
    },
    async called(caller) {
      await consume(perKey, caller.keyId, 'Too many requests with this key');
      if (caller.kind === 'tenant') await consume(perTenant, caller.tenantId, 'Too many requests of this tenant');
    },
  };
};
