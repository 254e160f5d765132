import { hash } from 'node:crypto';
import { Problem } from '../../domain/problem.ts';
import type { Ids } from '../../lib/ids.ts';
import { sameBytes } from '../../lib/seal.ts';
import { soon } from '../../lib/soon.ts';
import type { Parts } from '../memory.ts';
import type { ApiKey, Tenant, TenantCaller, UseCases } from '../use-cases.ts';
import { type AccessToken, accessTokens } from './access-tokens.ts';

/** 256 random bits need no salt and no slow hash: there is nothing to guess. */
export const keyDigest = (key: string): Buffer => hash('sha256', key, 'buffer');

/** `hub_t_…` for tenants' apps, `hub_o_…` for operators; the first twelve characters tell keys apart. */
export const newKey = (ids: Ids, kind: 't' | 'o'): { key: string; prefix: string; digest: Buffer } => {
  const key = `hub_${kind}_${ids.secret(256)}`;
  return { key, prefix: key.slice(0, 12), digest: keyDigest(key) };
};

/** As `newKey` makes them. Anything else is no key of ours, and is not looked up. */
const shapes = { t: /^hub_t_[\w-]{43}$/, o: /^hub_o_[\w-]{43}$/ };

export const alive = ({ expiresAt, revokedAt }: { expiresAt?: Date; revokedAt?: Date }, now: Date): boolean =>
  revokedAt === undefined && (expiresAt === undefined || expiresAt > now);

const mayHaveTokens = ({ key, tenant }: Found, tenantId: string): boolean =>
  key.kind === 'private_key_jwt' && tenant.id === tenantId;

export type Found = { key: ApiKey; tenant: Tenant };

/** Who shows a key, or a token that was handed out for it. */
export const callerOf = ({ key, tenant }: Found, token?: Pick<AccessToken, 'scopes' | 'endsAt'>): TenantCaller => {
  const { id: keyId, name: keyName, expiresAt: keyExpiresAt, allowedAddresses } = key;
  const scopes = token ? key.scopes.filter((scope) => token.scopes.includes(scope)) : key.scopes;
  return {
    kind: 'tenant',
    tenantId: tenant.id,
    tenant,
    keyId,
    keyName,
    scopes,
    ...(keyExpiresAt && { keyExpiresAt }),
    ...(allowedAddresses && { allowedAddresses }),
    ...(token && { tokenEndsAt: token.endsAt }),
  };
};

export const identifyTenant = ({
  clock,
  memories,
  sealing,
}: Pick<Parts, 'clock' | 'memories' | 'sealing'>): UseCases['identifyTenant'] => {
  const tokens = accessTokens({ sealing });
  /** Of what was found, for as long as it is remembered. */
  const callers = new WeakMap<Found, TenantCaller>();
  const callersByToken = new WeakMap<Found, WeakMap<AccessToken, TenantCaller>>();

  const admitted = (found: Found | undefined): TenantCaller | undefined => {
    if (!found || !alive(found.key, clock.now())) return undefined;
    const known = callers.get(found);
    if (known) return known;
    const caller = callerOf(found);
    callers.set(found, caller);
    return caller;
  };
  const admittedBy = (token: AccessToken, found: Found | undefined): TenantCaller | undefined => {
    const now = clock.now();
    if (!found || token.endsAt <= now || !alive(found.key, now) || !mayHaveTokens(found, token.tenantId))
      return undefined;
    const byToken = callersByToken.get(found) ?? new WeakMap<AccessToken, TenantCaller>();
    callersByToken.set(found, byToken);
    const known = byToken.get(token);
    if (known) return known;
    const caller = callerOf(found, token);
    byToken.set(token, caller);
    return caller;
  };
  const { tenantByKey, tenantByKeyId } = memories;
  return (shown) => {
    if (shown.digest !== undefined || shapes.t.test(shown.text)) {
      shown.digest ??= hash('sha256', shown.text);
      const { digest } = shown;
      return soon(tenantByKey.held(digest) ?? tenantByKey.get(digest), admitted);
    }
    const token = tokens.read(shown.text);
    if (!token || token.endsAt <= clock.now()) return undefined;
    const { keyId } = token;
    return soon(tenantByKeyId.held(keyId) ?? tenantByKeyId.get(keyId), (found) => admittedBy(token, found));
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
