import { Problem } from '../domain/problem.ts';
import { limitByKey } from '../lib/limit-by-key.ts';
import type { By } from '../usecases/use-cases.ts';

/** @throws Problem `too-many-requests` */
export type Limits = { called(caller: By['caller']): void };

const limit = (most: number, detail: string) => {
  const waitMs = limitByKey({ most, intervalMs: 1000 });
  return (key: string): void => {
    const wait = waitMs(key);
    if (wait > 0)
      throw new Problem('too-many-requests', detail, { retryAfterSeconds: Math.max(1, Math.ceil(wait / 1000)) });
  };
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
  const perKey = limit(options.perKeyPerSecond, 'Too many requests with this key');
  const perTenant = limit(options.perTenantPerSecond, 'Too many requests of this tenant');
  return {
    called(caller) {
      perKey(caller.keyId);
      if (caller.kind === 'tenant') perTenant(caller.tenantId);
    },
  };
};
