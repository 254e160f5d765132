import type { Consent } from '../domain/consent.ts';
import { toPage } from '../lib/page.ts';
import { orNull, withoutNulls } from '../lib/without-nulls.ts';
import type { TenantRows } from '../usecases/store-port.ts';
import type { Tx } from './doors.ts';
import { Prisma, type Consent as Row } from './generated/client.ts';

const toConsent = (row: Row): Consent => {
  const { partyKind, partyMasked, rights, ...others } = row;
  const { partyLookup: _, partySealed: __, createdBy: ___, idempotencyKey: ____, bodyHmac: _____, ...rest } = others;
  return {
    ...(withoutNulls(rest) as Omit<Consent, 'party' | 'rights'>),
    party: { kind: partyKind as Consent['party']['kind'], masked: partyMasked },
    rights: rights as Consent['rights'],
  };
};

/** The columns of `consents` by name and not by `*`: a plan that is kept outlives a column that a later version adds. */
export const consentColumns = Object.values(Prisma.ConsentScalarFieldEnum)
  .map((name) => `${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)} as "${name}"`)
  .join(', ');
/** A row of those columns. */
export const consentFromSql = (row: object): Consent => toConsent(row as Row);

const json = (value: object | undefined) => (value === undefined ? Prisma.DbNull : (value as Prisma.InputJsonObject));

export const consentRows = (tx: Tx, tenantId: string, tell: (topic: string) => void): TenantRows['consents'] => {
  const key = (id: string) => ({ tenantId_id: { tenantId, id } });
  return {
    async find(id) {
      const row = await tx.consent.findUnique({ where: key(id) });
      return row
        ? { consent: toConsent(row), ...(row.partySealed ? { partySealed: row.partySealed } : {}) }
        : undefined;
    },
    async findByKey(idempotencyKey) {
      const row = await tx.consent.findUnique({ where: { tenantId_idempotencyKey: { tenantId, idempotencyKey } } });
      return row ? { consent: toConsent(row), ...(row.bodyHmac ? { bodyHmac: row.bodyHmac } : {}) } : undefined;
    },
    async lock(id) {
      const [row] = await tx.$queryRaw<object[]>`
        select ${Prisma.raw(consentColumns)} from consents where tenant_id = ${tenantId}::uuid and id = ${id}::uuid for update`;
      return row && consentFromSql(row);
    },
    async save(consent) {
      await tx.consent.updateMany({
        where: { tenantId, id: consent.id },
        data: {
          status: consent.status,
          version: consent.version,
          approvalUrl: orNull(consent.approvalUrl),
          upstream: orNull(consent.upstream),
          problem: json(consent.problem),
          blockedOn: orNull(consent.blockedOn),
          updatedAt: consent.updatedAt,
          requestedAt: orNull(consent.requestedAt),
          consentedAt: orNull(consent.consentedAt),
          endedAt: orNull(consent.endedAt),
        },
      });
      tell(`consent:${consent.id}`);
    },
    async looked(id, at) {
      await tx.consent.updateMany({ where: { tenantId, id }, data: { lookedAt: at } });
      tell(`consent:${id}`);
    },
    async returned(id, at) {
      const noted = await tx.$executeRaw`
        update consents set returned_at = ${at}::timestamptz where tenant_id = ${tenantId}::uuid and id = ${id}::uuid
          and (returned_at is null or returned_at <= ${at}::timestamptz - interval '2 seconds' or looked_at >= returned_at)`;
      return noted > 0;
    },
    async list(filter, { cursor, limit }) {
      const rows = await tx.consent.findMany({
        where: {
          tenantId,
          ...(cursor === undefined ? {} : { id: { lt: cursor } }),
          ...(filter.status === undefined ? {} : { status: filter.status }),
          ...(filter.reference === undefined ? {} : { reference: filter.reference }),
          ...(filter.partyLookup === undefined ? {} : { partyLookup: Buffer.from(filter.partyLookup) }),
          ...(filter.service === undefined ? {} : { rights: { array_contains: [{ service: filter.service }] } }),
          createdAt: {
            ...(filter.createdAfter ? { gte: filter.createdAfter } : {}),
            ...(filter.createdBefore ? { lt: filter.createdBefore } : {}),
          },
        },
        orderBy: { id: 'desc' },
        take: limit + 1,
      });
      return toPage(rows.map(toConsent), limit, ({ id }) => id);
    },
    async erase(id) {
      await tx.consent.updateMany({
        where: { tenantId, id },
        data: {
          partyLookup: null,
          partySealed: null,
          partyMasked: '***********',
          message: Prisma.DbNull,
          bodyHmac: null,
        },
      });
    },
    async oldestBlockedOn(accessId) {
      const row = await tx.consent.findFirst({
        where: { tenantId, blockedOn: accessId, status: 'blocked' },
        orderBy: { id: 'asc' },
        select: { id: true },
      });
      return row?.id;
    },
    async goesOut(id, digest, now) {
      // Locks the consent's row: a withdrawal comes before this, and it does not go out, or after, and sees the state.
      const noted = await tx.$executeRaw`
        insert into callback_states (digest, tenant_id, consent_id, created_at)
        select ${Buffer.from(digest)}, tenant_id, id, ${now}::timestamptz from consents
        where tenant_id = ${tenantId}::uuid and id = ${id}::uuid and status in ('queued', 'blocked') for update`;
      return noted > 0;
    },
    async wasRefused(digest) {
      await tx.callbackState.deleteMany({ where: { tenantId, digest: Buffer.from(digest) } });
    },
    mayBeAtAltinn: async (id) => (await tx.callbackState.count({ where: { tenantId, consentId: id } })) > 0,
  };
};
