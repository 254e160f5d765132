import type { ApiKey } from '../../domain/api-key.ts';
import { Problem } from '../../domain/problem.ts';
import { auditEntry } from '../audit.ts';
import type { Parts } from '../memory.ts';
import type { By, UseCases } from '../use-cases.ts';
import { accessTokenPrefix } from './access-tokens.ts';
import { readAppKeys } from './app-keys.ts';
import { checkExpiry, keyDigest, newKey } from './keys.ts';
import { checkMaker, checkReach } from './what-keys-hand-on.ts';

type Verbs = Pick<UseCases, 'createApiKey' | 'listApiKeys' | 'changeApiKey' | 'revokeApiKey'>;

/** That are neither expired nor revoked. A tenant has an app or two, and twice as many keys while it changes them. */
const mostLiveKeys = 100;

/** For the audit: which keys, and not what they are. */
const kidsOf = ({ publicKeys }: Pick<ApiKey, 'publicKeys'>) =>
  publicKeys ? { kids: publicKeys.map(({ kid }) => kid) } : {};

/** Keys of a tenant's apps, made, changed and revoked by the tenant itself or by the operator for it. */
export const apiKeys = (parts: Parts): Verbs => {
  const { clock, ids, store, memories } = parts;
  const mustExist = async (tenantId: string) => {
    if (!(await memories.tenant.get(tenantId))) throw new Problem('tenant-not-found', 'No tenant with this id');
  };
  const notFound = () => new Problem('api-key-not-found', 'No API key with this id');
  return {
    async createApiKey(by, tenantId, { name, scopes, expiresAt: wished, publicKeys: sent, allowedAddresses: nets }) {
      await mustExist(tenantId);
      const { caller } = by;
      const now = clock.now();
      checkExpiry(wished, now);
      checkMaker(by, scopes, wished);
      const maker: Partial<Extract<By['caller'], { kind: 'tenant' }>> = caller.kind === 'tenant' ? caller : {};
      const expiresAt = wished ?? maker.keyExpiresAt;
      const allowedAddresses = nets ?? maker.allowedAddresses;
      checkReach(by, allowedAddresses);
      const publicKeys = sent && (await readAppKeys(sent));
      const secret = publicKeys ? undefined : newKey(ids, 't');
      const prefix = secret?.prefix ?? accessTokenPrefix;
      const row: ApiKey = {
        id: ids.uuid(),
        name,
        kind: publicKeys ? 'private_key_jwt' : 'secret',
        prefix,
        scopes,
        createdBy: caller.keyId,
        createdAt: now,
        ...(publicKeys ? { publicKeys } : {}),
        ...(allowedAddresses ? { allowedAddresses } : {}),
        ...(expiresAt ? { expiresAt } : {}),
      };
      await store.asTenant(tenantId, async (rows) => {
        if ((await rows.tenant()).offboardingAt) throw new Problem('tenant-offboarded', 'It is leaving, or has left');
        if (!(await rows.apiKeys.add(row, secret?.digest ?? keyDigest(row.id), mostLiveKeys)))
          throw new Problem(
            'too-many-api-keys',
            `The tenant has ${mostLiveKeys} keys that are neither expired nor revoked`,
          );
        const details = {
          name,
          prefix,
          scopes,
          ...kidsOf(row),
          ...(allowedAddresses ? { allowedAddresses } : {}),
          ...(expiresAt ? { expiresAt: expiresAt.toISOString() } : {}),
        };
        await rows.audit.add(auditEntry(parts, by, 'api-key.created', row.id, details, tenantId));
      });
      return { ...row, ...(secret ? { key: secret.key } : {}) };
    },
    async listApiKeys(_by, tenantId) {
      await mustExist(tenantId);
      return store.asTenant(tenantId, (rows) => rows.apiKeys.list());
    },
    async changeApiKey(by, tenantId, id, { name, publicKeys: sent, allowedAddresses: nets }) {
      await mustExist(tenantId);
      const publicKeys = sent && (await readAppKeys(sent));
      const changed = await store.asTenant(tenantId, async (rows) => {
        const key = (await rows.apiKeys.list()).find((one) => one.id === id);
        if (!key) throw notFound();
        if (publicKeys && key.kind !== 'private_key_jwt')
          throw new Problem('key-is-secret', 'A key that is a secret has no public keys: make another one');
        // Whoever says who signs for a key, or from where it may be used, has all that it has.
        if (publicKeys || nets !== undefined) checkMaker(by, key.scopes, key.expiresAt, 'changes');
        if (publicKeys || nets !== undefined)
          checkReach(by, nets === undefined ? key.allowedAddresses : (nets ?? undefined));
        const change = {
          ...(name === undefined ? {} : { name }),
          ...(publicKeys ? { publicKeys } : {}),
          ...(nets === undefined ? {} : { allowedAddresses: nets ?? [] }),
        };
        const row = await rows.apiKeys.change(id, change);
        if (!row) throw notFound();
        const details = { ...change, ...kidsOf(change), publicKeys: undefined };
        await rows.audit.add(auditEntry(parts, by, 'api-key.changed', id, details, tenantId));
        return { ...row, ...(key.handedOut ? { handedOut: key.handedOut } : {}) };
      });
      memories.forget();
      return changed;
    },
    async revokeApiKey(by, tenantId, id) {
      await mustExist(tenantId);
      const revoked = await store.asTenant(tenantId, async (rows) => {
        if (!(await rows.apiKeys.revoke(id, clock.now()))) {
          // Revoking twice is harmless; revoking a stranger's is not found.
          if ((await rows.apiKeys.list()).some((key) => key.id === id)) return false;
          throw notFound();
        }
        await rows.audit.add(auditEntry(parts, by, 'api-key.revoked', id, {}, tenantId));
        return true;
      });
      if (revoked) memories.forget();
    },
  };
};
