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
  async dropOfConsent(consentId) {
    const { count } = await tx.token.deleteMany({ where: { tenantId, consentId } });
    if (count > 0) tell('changed:tokens');
  },
  async dropOfScope(scope, failure, until) {
    // The lease too: what its holder asked for before it was known may still come.
    const dropped = await tx.$executeRaw`
      update tokens set token_sealed = null, expires_at = null, fetched_at = null, lease_number = lease_number + 1, leased_until = null,
        failure = ${JSON.stringify(failure)}::jsonb, failed_until = ${until}::timestamptz
      where tenant_id = ${tenantId}::uuid and scopes @> ${scopesNamed(scope)}::text[]`;
    if (dropped > 0) tell('changed:tokens');
  },
});
