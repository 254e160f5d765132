import { orNull, withoutNulls } from '../lib/without-nulls.ts';
import type { TenantRows } from '../usecases/store-port.ts';
import type { ApiKey } from '../usecases/use-cases.ts';
import type { Tx } from './doors.ts';
import { Prisma, type ApiKey as Row } from './generated/client.ts';

export const toApiKey = ({ tenantId: _, digest: __, allowedAddresses, ...row }: Row): ApiKey => ({
  ...(withoutNulls(row) as ApiKey),
  ...(allowedAddresses.length > 0 ? { allowedAddresses } : {}),
});

/** Null of a column that holds JSON: none, and not the JSON value `null`. */
const jsonOrNull = (keys: ApiKey['publicKeys']) => keys ?? Prisma.DbNull;

/** Keys of a tenant's apps, and what apps that sign have said with theirs. */
export const apiKeyRows = (tx: Tx, tenantId: string, tell: (topic: string) => void): TenantRows['apiKeys'] => ({
  async list() {
    const keys = await tx.apiKey.findMany({ where: { tenantId }, orderBy: { id: 'asc' } });
    const counts = await tx.tokenCount.groupBy({
      by: ['keyId'],
      where: { tenantId },
      _sum: { count: true },
      _max: { lastAt: true },
    });
    return keys.map((row) => {
      const { _sum, _max } = counts.find(({ keyId }) => keyId === row.id) ?? {};
      return {
        ...toApiKey(row),
        ...(_max?.lastAt ? { handedOut: { tokens: Number(_sum?.count ?? 0), lastAt: _max.lastAt } } : {}),
      };
    });
  },
  async add({ publicKeys, handedOut: _, ...key }, digest, most) {
    // One after another within a tenant: two made at once would not see each other.
    await tx.$executeRaw`select pg_advisory_xact_lock(hashtext('api_keys'), hashtext(${tenantId}))`;
    const live = { OR: [{ expiresAt: null }, { expiresAt: { gt: key.createdAt } }] };
    if ((await tx.apiKey.count({ where: { tenantId, revokedAt: null, ...live } })) >= most) return false;
    await tx.apiKey.create({
      data: {
        ...key,
        expiresAt: orNull(key.expiresAt),
        publicKeys: jsonOrNull(publicKeys),
        tenantId,
        digest: Buffer.from(digest),
      },
    });
    return true;
  },
  async change(id, { publicKeys, ...change }) {
    const { count } = await tx.apiKey.updateMany({
      where: { tenantId, id },
      data: { ...change, ...(publicKeys ? { publicKeys } : {}) },
    });
    if (count === 0) return undefined;
    tell('changed:keys');
    return toApiKey(await tx.apiKey.findUniqueOrThrow({ where: { tenantId_id: { tenantId, id } } }));
  },
  async revoke(id, now) {
    const { count } = await tx.apiKey.updateMany({
      where: { tenantId, id, revokedAt: null },
      data: { revokedAt: now },
    });
    if (count > 0) tell('changed:keys');
    return count > 0;
  },
  async spendAssertion(keyId, digest, expiresAt) {
    const { count } = await tx.usedAssertion.createMany({
      data: [{ tenantId, keyId, digest: Buffer.from(digest), expiresAt }],
      skipDuplicates: true,
    });
    return count > 0;
  },
});
