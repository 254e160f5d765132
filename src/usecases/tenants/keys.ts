import { hash } from 'node:crypto';
import { Problem } from '../../domain/problem.ts';
import type { Ids } from '../../lib/ids.ts';
import { sameBytes } from '../../lib/seal.ts';
import { soon } from '../../lib/soon.ts';
import type { Parts } from '../memory.ts';
import type { ApiKey, Tenant, TenantCaller, UseCases } from '../use-cases.ts';

/** 256 random bits need no salt and no slow hash: there is nothing to guess. */
export const keyDigest = (key: string): Buffer => hash('sha256', key, 'buffer');

/** `hub_t_…` for tenants' apps, `hub_o_…` for operators; the first twelve characters tell keys apart. */
export const newKey = (ids: Ids, kind: 't' | 'o'): { key: string; prefix: string; digest: Buffer } => {
  const key = `hub_${kind}_${ids.secret(256)}`;
  return { key, prefix: key.slice(0, 12), digest: keyDigest(key) };
};

/** As `newKey` makes them. Anything else is no key of ours, and is not looked up. */
const shapes = { t: /^hub_t_[\w-]{43}$/, o: /^hub_o_[\w-]{43}$/ };

const alive = ({ expiresAt, revokedAt }: { expiresAt?: Date; revokedAt?: Date }, now: Date): boolean =>
  revokedAt === undefined && (expiresAt === undefined || expiresAt > now);

type Found = { key: ApiKey; tenant: Tenant };

const callerOf = ({ key, tenant }: Found): TenantCaller => {
  const { id: keyId, name: keyName, scopes, expiresAt: keyExpiresAt } = key;
  const expiry = keyExpiresAt && { keyExpiresAt };
  return { kind: 'tenant', tenantId: tenant.id, tenant, keyId, keyName, scopes, ...expiry };
};

export const identifyTenant = ({ clock, memories }: Pick<Parts, 'clock' | 'memories'>): UseCases['identifyTenant'] => {
  /** Of what was found, for as long as it is remembered. */
  const callers = new WeakMap<Found, TenantCaller>();
  const admitted = (found: Found | undefined): TenantCaller | undefined => {
    if (!found || !alive(found.key, clock.now())) return undefined;
    const known = callers.get(found);
    if (known) return known;
    const caller = callerOf(found);
    callers.set(found, caller);
    return caller;
  };
  return (key) => {
    if (!shapes.t.test(key)) return undefined;
    const digest = hash('sha256', key);
    return soon(memories.tenantByKey.held(digest) ?? memories.tenantByKey.get(digest), admitted);
  };
};

/** HUB_OPERATOR_KEY opens the door for the first stored key, and shuts behind it. */
export const identifyOperator =
  ({
    clock,
    memories,
    store,
    settings,
  }: Pick<Parts, 'clock' | 'memories' | 'store' | 'settings'>): UseCases['identifyOperator'] =>
  async (key) => {
    const { bootstrapOperatorKey } = settings;
    if (bootstrapOperatorKey !== undefined && sameBytes(keyDigest(key), keyDigest(bootstrapOperatorKey)))
      return (await store.asOperator((rows) => rows.operatorKeys.any()))
        ? undefined
        : { kind: 'operator', keyId: 'bootstrap', keyName: 'HUB_OPERATOR_KEY', role: 'administrator' };
    if (!shapes.o.test(key)) return undefined;
    const row = await memories.operatorByKey.get(hash('sha256', key));
    return row && alive(row, clock.now())
      ? { kind: 'operator', keyId: row.id, keyName: row.name, role: row.role }
      : undefined;
  };

/** @throws Problem `expires-at-past`: a key that never opens anything is a slip of whoever makes it */
export const checkExpiry = (expiresAt: Date | undefined, now: Date): void => {
  if (expiresAt === undefined || expiresAt > now) return;
  const detail = 'must lie ahead';
  throw new Problem('expires-at-past', `/expiresAt ${detail}`, {
    errors: [{ field: '/expiresAt', code: 'expires-at-past', detail }],
  });
};
