import { createHash } from 'node:crypto';
import type { Ids } from '../../lib/ids.ts';
import { sameBytes } from '../../lib/seal.ts';
import type { Parts } from '../memory.ts';
import type { UseCases } from '../use-cases.ts';

/** 256 random bits need no salt and no slow hash: there is nothing to guess. */
export const keyDigest = (key: string): Buffer => createHash('sha256').update(key).digest();

/** `hub_t_…` for tenants' apps, `hub_o_…` for operators; the first twelve characters tell keys apart. */
export const newKey = (ids: Ids, kind: 't' | 'o'): { key: string; prefix: string; digest: Buffer } => {
  const key = `hub_${kind}_${ids.secret(256)}`;
  return { key, prefix: key.slice(0, 12), digest: keyDigest(key) };
};

const alive = ({ expiresAt, revokedAt }: { expiresAt?: Date; revokedAt?: Date }, now: Date): boolean =>
  revokedAt === undefined && (expiresAt === undefined || expiresAt > now);

export const identifyTenant =
  ({ clock, memories }: Pick<Parts, 'clock' | 'memories'>): UseCases['identifyTenant'] =>
  async (key) => {
    if (!key.startsWith('hub_t_')) return undefined;
    const found = await memories.tenantByKey.get(keyDigest(key).toString('hex'));
    if (!found || !alive(found.key, clock.now())) return undefined;
    const { key: row, tenant } = found;
    return { kind: 'tenant', tenantId: tenant.id, tenant, keyId: row.id, keyName: row.name, scopes: row.scopes };
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
    if (!key.startsWith('hub_o_')) return undefined;
    const row = await memories.operatorByKey.get(keyDigest(key).toString('hex'));
    return row && alive(row, clock.now())
      ? { kind: 'operator', keyId: row.id, keyName: row.name, role: row.role }
      : undefined;
  };
