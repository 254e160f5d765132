import { Problem } from '../../domain/problem.ts';
import { auditEntry } from '../audit.ts';
import type { Parts } from '../memory.ts';
import type { UseCases } from '../use-cases.ts';
import { newKey } from './keys.ts';

type Verbs = Pick<UseCases, 'createApiKey' | 'listApiKeys' | 'revokeApiKey'>;

/** Keys of a tenant's apps, made and revoked by the tenant itself or by the operator for it. */
export const apiKeys = (parts: Parts): Verbs => {
  const { clock, ids, store, memories } = parts;
  const mustExist = async (tenantId: string) => {
    if (!(await memories.tenant.get(tenantId))) throw new Problem('tenant-not-found', 'No tenant with this id');
  };
  return {
    async createApiKey(by, tenantId, { name, scopes, expiresAt }) {
      await mustExist(tenantId);
      if (by.caller.kind === 'tenant') {
        const { scopes: own } = by.caller;
        const beyond = scopes.filter((scope) => !own.includes(scope));
        if (beyond.length > 0)
          throw new Problem(
            'scope-missing',
            `A key can hand on only scopes it has itself; it lacks ${beyond.join(', ')}`,
          );
      }
      const { key, prefix, digest } = newKey(ids, 't');
      const row = { id: ids.uuid(), name, prefix, scopes, createdAt: clock.now(), ...(expiresAt ? { expiresAt } : {}) };
      await store.asTenant(tenantId, async (rows) => {
        await rows.apiKeys.add(row, digest);
        await rows.audit.add(auditEntry(parts, by, 'api-key.created', row.id, { name, prefix, scopes }, tenantId));
      });
      return { ...row, key };
    },
    async listApiKeys(_by, tenantId) {
      await mustExist(tenantId);
      return store.asTenant(tenantId, (rows) => rows.apiKeys.list());
    },
    async revokeApiKey(by, tenantId, id) {
      await mustExist(tenantId);
      await store.asTenant(tenantId, async (rows) => {
        if (!(await rows.apiKeys.revoke(id, clock.now()))) {
          // Revoking twice is harmless; revoking a stranger's is not found.
          if ((await rows.apiKeys.list()).some((key) => key.id === id)) return;
          throw new Problem('api-key-not-found', 'No API key with this id');
        }
        await rows.audit.add(auditEntry(parts, by, 'api-key.revoked', id, {}, tenantId));
      });
      memories.forget();
    },
  };
};
