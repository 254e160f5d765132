import { scopesNamed } from '../domain/token.ts';
import { withoutNulls } from '../lib/without-nulls.ts';
import type { TenantRows } from '../usecases/store-port.ts';
import type { TokenRow } from '../usecases/token-store-port.ts';
import { columnsOf } from './columns.ts';
import type { Tx } from './doors.ts';
import { Prisma, type Token as Row } from './generated/client.ts';

export const toToken = (row: Row): TokenRow => {
  const { tokenSealed, identity: _, leaseNumber: __, leasedUntil: ___, createdAt: ____, ...rest } = row;
  return { ...(withoutNulls(rest) as Omit<TokenRow, 'sealed'>), ...(tokenSealed ? { sealed: tokenSealed } : {}) };
};

export const tokenColumns = columnsOf(Prisma.TokenScalarFieldEnum);

/**
 * Deletes a tenant's tokens, or those of some of its consents; how many there were. Whoever changes several tokens locks them
 * in the order of their keys, so that no two wait for each other.
 */
export const deleteTokens = (tx: Tx, tenantId: string, consentIds?: readonly string[]): Promise<number> => {
  const whose = consentIds === undefined ? Prisma.empty : Prisma.sql`and consent_id = any(${consentIds}::uuid[])`;
  return tx.$executeRaw`
    with held as (
      select tenant_id, id from tokens where tenant_id = ${tenantId}::uuid ${whose} order by tenant_id, id for update)
    delete from tokens t using held h where t.tenant_id = h.tenant_id and t.id = h.id`;
};

export const tokenRows = (tx: Tx, tenantId: string, tell: (topic: string) => void): TenantRows['tokens'] => ({
  async find(id) {
    const row = await tx.token.findUnique({ where: { tenantId_id: { tenantId, id } } });
    return row ? toToken(row) : undefined;
  },
  async drop(id, fetchedAt) {
    await tx.token.updateMany({
      where: { tenantId, id, fetchedAt },
      data: { tokenSealed: null, expiresAt: null, fetchedAt: null },
    });
    tell('changed:tokens');
  },
  async dropOfConsents(consentIds) {
    if ((await deleteTokens(tx, tenantId, consentIds)) > 0) tell('changed:tokens');
  },
  async dropOfScope(scope, failure, until) {
    // The lease too: what its holder asked for before it was known may still come.
    const dropped = await tx.$executeRaw`
      with held as (
        select tenant_id, id from tokens where tenant_id = ${tenantId}::uuid and scopes @> ${scopesNamed(scope)}::text[]
        order by tenant_id, id for no key update)
      update tokens t
      set token_sealed = null, expires_at = null, fetched_at = null, lease_number = t.lease_number + 1, leased_until = null,
        failure = ${JSON.stringify(failure)}::jsonb, failed_until = ${until}::timestamptz
      from held h where t.tenant_id = h.tenant_id and t.id = h.id`;
    if (dropped > 0) tell('changed:tokens');
  },
});
