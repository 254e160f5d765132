import { Problem } from '../../domain/problem.ts';
import { auditEntry } from '../audit.ts';
import type { Parts } from '../memory.ts';
import type { By, TenantScope, UseCases } from '../use-cases.ts';
import { checkExpiry, newKey } from './keys.ts';

type Verbs = Pick<UseCases, 'createApiKey' | 'listApiKeys' | 'revokeApiKey'>;

/** That are neither expired nor revoked. A tenant has an app or two, and twice as many keys while it changes them. */
const mostLiveKeys = 100;

/** A key hands on what it has itself and no more: neither further scopes nor a longer life. */
const checkMaker = ({ caller }: By, scopes: readonly TenantScope[], expiresAt: Date | undefined): void => {
  if (caller.kind !== 'tenant') return;
  const beyond = scopes.filter((scope) => !caller.scopes.includes(scope));
  if (beyond.length > 0)
    throw new Problem('scope-missing', `A key can hand on only scopes it has itself; it lacks ${beyond.join(', ')}`);
  const { keyExpiresAt } = caller;
  if (keyExpiresAt !== undefined && expiresAt !== undefined && expiresAt > keyExpiresAt) {
    const detail = `must not lie after ${keyExpiresAt.toISOString()}, when the key that makes it ends`;
    throw new Problem('expires-at-too-late', `/expiresAt ${detail}`, {
      errors: [{ field: '/expiresAt', code: 'expires-at-too-late', detail }],
    });
  }
};

/** Keys of a tenant's apps, made and revoked by the tenant itself or by the operator for it. */
export const apiKeys = (parts: Parts): Verbs => {
  const { clock, ids, store, memories } = parts;
  const mustExist = async (tenantId: string) => {
    if (!(await memories.tenant.get(tenantId))) throw new Problem('tenant-not-found', 'No tenant with this id');
  };
  return {
    async createApiKey(by, tenantId, { name, scopes, expiresAt: wished }) {
      await mustExist(tenantId);
      const { caller } = by;
      const now = clock.now();
      checkExpiry(wished, now);
      checkMaker(by, scopes, wished);
      const expiresAt = wished ?? (caller.kind === 'tenant' ? caller.keyExpiresAt : undefined);
      const { key, prefix, digest } = newKey(ids, 't');
      const made = { createdBy: caller.keyId, createdAt: now };
      const row = { id: ids.uuid(), name, prefix, scopes, ...made, ...(expiresAt ? { expiresAt } : {}) };
      await store.asTenant(tenantId, async (rows) => {
        if ((await rows.tenant()).offboardingAt) throw new Problem('tenant-offboarded', 'It is leaving, or has left');
        if (!(await rows.apiKeys.add(row, digest, mostLiveKeys)))
          throw new Problem(
            'too-many-api-keys',
            `The tenant has ${mostLiveKeys} keys that are neither expired nor revoked`,
          );
        const details = { name, prefix, scopes, ...(expiresAt ? { expiresAt: expiresAt.toISOString() } : {}) };
        await rows.audit.add(auditEntry(parts, by, 'api-key.created', row.id, details, tenantId));
      });
      return { ...row, key };
    },
    async listApiKeys(_by, tenantId) {
      await mustExist(tenantId);
      return store.asTenant(tenantId, (rows) => rows.apiKeys.list());
    },
    async revokeApiKey(by, tenantId, id) {
      await mustExist(tenantId);
      const revoked = await store.asTenant(tenantId, async (rows) => {
        if (!(await rows.apiKeys.revoke(id, clock.now()))) {
          // Revoking twice is harmless; revoking a stranger's is not found.
          if ((await rows.apiKeys.list()).some((key) => key.id === id)) return false;
          throw new Problem('api-key-not-found', 'No API key with this id');
        }
        await rows.audit.add(auditEntry(parts, by, 'api-key.revoked', id, {}, tenantId));
        return true;
      });
      if (revoked) memories.forget();
    },
  };
};
