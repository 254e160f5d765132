import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { Problem } from '../domain/problem.ts';
import type { By } from '../usecases/use-cases.ts';

export type Limits = { called(caller: By['caller']): Promise<void> };

const consume = async (limiter: RateLimiterMemory, key: string, detail: string): Promise<void> => {
  try {
    await limiter.consume(key);
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    throw new Problem('too-many-requests', detail, {
      retryAfterSeconds: Math.max(1, Math.ceil(error.msBeforeNext / 1000)),
    });
  }
};

/** Whoever has one address of an IPv6 network has them all: count by /64. */
export const networkOf = (address: string): string =>
  address.includes(':') && !address.includes('.') ? address.split(':').slice(0, 4).join(':') : address;

/**
 * Limits of this process, in memory: per key and per tenant. Who shows no key that fits is not counted: behind one proxy all
 * share an address, and a stranger could close it to the others. There is nothing to guess in 256 random bits; how little a
 * key that leads nowhere may cost is seen to where keys are looked up.
 */
export const openLimits = (options: { perKeyPerSecond: number; perTenantPerSecond: number }): Limits => {
  const perKey = new RateLimiterMemory({ points: options.perKeyPerSecond, duration: 1 });
  const perTenant = new RateLimiterMemory({ points: options.perTenantPerSecond, duration: 1 });
  return {
    async called(caller) {
      await consume(perKey, caller.keyId, 'Too many requests with this key');
      if (caller.kind === 'tenant') await consume(perTenant, caller.tenantId, 'Too many requests of this tenant');
    },
  };
};
