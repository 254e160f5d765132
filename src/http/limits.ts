import { Problem } from '../domain/problem.ts';
import { type Counted, limitByKey } from '../lib/limit-by-key.ts';
import type { By } from '../usecases/use-cases.ts';

/** @throws Problem `too-many-requests` */
export type Limits = { called(caller: By['caller']): void };

const hold = (waitMs: number, detail: string): void => {
  if (waitMs > 0)
    throw new Problem('too-many-requests', detail, { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) });
};

/** The first four groups; `::` stands for as many zeros as are missing. */
const firstHalf = (address: string): string => {
  const [left = [], right] = address.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = right === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  return [...left, ...Array<string>(zeros).fill('0'), ...(right ?? [])].slice(0, 4).join(':');
};

/** Whoever has one address of an IPv6 network has them all: count by /64. */
export const networkOf = (address: string): string =>
  address.includes(':') && !address.includes('.') ? firstHalf(address) : address;

/**
 * Limits of this process, in memory: per key and per tenant. Who shows no key that fits is not counted: behind one proxy all
 * share an address, and a stranger could close it to the others. There is nothing to guess in 256 random bits; how little a
 * key that leads nowhere may cost is seen to where keys are looked up.
 */
export const openLimits = (options: { perKeyPerSecond: number; perTenantPerSecond: number }): Limits => {
  const perKey = limitByKey({ most: options.perKeyPerSecond, intervalMs: 1000 });
  const perTenant = limitByKey({ most: options.perTenantPerSecond, intervalMs: 1000 });
  /** A caller is one object for as long as its key is remembered. */
  const counters = new WeakMap<By['caller'], { key: Counted; tenant?: Counted }>();
  const made = (caller: By['caller']) => {
    const counter = {
      key: perKey(caller.keyId),
      ...(caller.kind === 'tenant' ? { tenant: perTenant(caller.tenantId) } : {}),
    };
    counters.set(caller, counter);
    return counter;
  };
  return {
    called(caller) {
      const { key, tenant } = counters.get(caller) ?? made(caller);
      hold(key(), 'Too many requests with this key');
      if (tenant) hold(tenant(), 'Too many requests of this tenant');
    },
  };
};
