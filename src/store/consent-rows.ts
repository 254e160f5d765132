import type { Consent } from '../domain/consent.ts';
import { toPage } from '../lib/page.ts';
import { withoutNulls } from '../lib/without-nulls.ts';
import type { ConsentChange, ConsentRows, SealedParty } from '../usecases/consent-rows-port.ts';
import type { MovingRows } from '../usecases/moving-rows-port.ts';
import { columnsOf } from './columns.ts';
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

export const consentColumns = columnsOf(Prisma.ConsentScalarFieldEnum);
/** A row of those columns. */
export const consentFromSql = (row: object): Consent => toConsent(row as Row);
export const sealedFromSql = (row: object): SealedParty => {
  const { partySealed } = row as Row;
  return { consent: consentFromSql(row), ...(partySealed ? { partySealed } : {}) };
};

const movingRows = (tx: Tx, tenantId: string): MovingRows => {
  const open = { tenantId, generation: 'altinn2', endedAt: null };
  return {
    countAtAltinn2: () => tx.consent.count({ where: open }),
    async openAtAltinn2(after, most) {
      const where = { ...open, ...(after === undefined ? {} : { id: { gt: after } }) };
      const rows = await tx.consent.findMany({ where, orderBy: { id: 'asc' }, take: most });
      return rows.map(sealedFromSql);
    },
    async moveToAltinn3(id, rights) {
      await tx.consent.updateMany({ where: { tenantId, id }, data: { generation: 'altinn3', rights } });
    },
  };
};

/** The consent itself, where the work names no other subject. */
const withSubjects = ({ id }: Consent, owed: ConsentChange['owed']) =>
  owed.map(({ subject = id, ...work }) => ({ ...work, subject }));

export const changeText =
  'select change_consent($1::uuid, $2::int, $3::jsonb, $4::jsonb, $5::jsonb, $6::timestamptz) as changed';
export const changeValues = (tenantId: string, { seen, consent, owed, events, now }: ConsentChange) => [
  tenantId,
  seen,
  JSON.stringify(consent),
  JSON.stringify(withSubjects(consent, owed)),
  JSON.stringify(events),
  now,
];
/** What is told once it is committed. */
export const changeTopics = (tenantId: string, { consent, owed, now }: ConsentChange): string[] => [
  `consent:${consent.id}`,
  ...owed.filter(({ due }) => due <= now).map(({ job }) => `work:${job}`),
  `events:${tenantId}`,
  'work:deliver-webhook',
];

export const consentRows = (tx: Tx, tenantId: string, tell: (topic: string) => void): MovingRows & ConsentRows => {
  const key = (id: string) => ({ tenantId_id: { tenantId, id } });
  return {
    ...movingRows(tx, tenantId),
    async find(id) {
      const row = await tx.consent.findUnique({ where: key(id) });
      return row ? sealedFromSql(row) : undefined;
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
    async change(change) {
      const [row] = await tx.$queryRawUnsafe<{ changed: boolean }[]>(changeText, ...changeValues(tenantId, change));
      if (row?.changed) for (const topic of changeTopics(tenantId, change)) tell(topic);
      return row?.changed ?? false;
    },
    async findSome(ids) {
      const rows = await tx.$queryRaw<object[]>`
        select ${Prisma.raw(consentColumns)} from consents where tenant_id = ${tenantId}::uuid
          and (id = any(${[...ids]}::uuid[]) or (upstream_id = any(${[...ids]}::uuid[]) and generation = 'altinn3'))`;
      return rows.map(consentFromSql);
    },
    async lockSome(ids) {
      const rows = await tx.$queryRaw<object[]>`
        select ${Prisma.raw(consentColumns)} from consents where tenant_id = ${tenantId}::uuid and id = any(${[...ids]}::uuid[])
        order by id for update`;
      return rows.map(consentFromSql);
    },
    async changeSome(changes) {
      const [{ now } = {}] = changes;
      if (!now) return;
      const rows = changes.map(({ seen, consent, owed }) => ({ seen, consent, owed: withSubjects(consent, owed) }));
      const events = changes.flatMap((change) => change.events);
      await tx.$executeRaw`
        select change_consents(${tenantId}::uuid, ${JSON.stringify(rows)}::jsonb, ${JSON.stringify(events)}::jsonb, ${now}::timestamptz)`;
      for (const change of changes) for (const topic of changeTopics(tenantId, change)) tell(topic);
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
    async wasRefused(digest) {
      await tx.$executeRaw`
        with gone as (delete from callback_states where tenant_id = ${tenantId}::uuid and digest = ${Buffer.from(digest)} returning consent_id)
        update consents c set sent_at = null from gone g where c.tenant_id = ${tenantId}::uuid and c.id = g.consent_id and c.sent_at is not null`;
    },
    async isAtAltinn(id, upstreamId) {
      await tx.consent.updateMany({ where: { tenantId, id }, data: { upstreamId, sentAt: null } });
    },
    async isClosedAtAltinn(id) {
      await tx.consent.updateMany({
        where: { tenantId, id, status: 'withdrawn' },
        data: { upstream: 'closed', sentAt: null },
      });
    },
    states: async (id) =>
      (await tx.callbackState.findMany({ where: { tenantId, consentId: id }, select: { digest: true } })).map(
        ({ digest }) => digest,
      ),
    async used(id, service, at) {
      await tx.$executeRaw`
        insert into data_uses (tenant_id, consent_id, service, at) values (${tenantId}::uuid, ${id}::uuid, ${service}, ${at}::timestamptz)
        on conflict (tenant_id, consent_id, service) do update set at = excluded.at`;
      await tx.$executeRaw`select owe('log-use', ${tenantId}::uuid, ${id}::uuid, ${at}::timestamptz, ${at}::timestamptz)`;
      tell('work:log-use');
    },
    uses: (id) =>
      tx.dataUse.findMany({
        where: { tenantId, consentId: id },
        orderBy: { at: 'asc' },
        select: { service: true, at: true },
      }),
    async useLogged(id, { service, at }) {
      await tx.dataUse.deleteMany({ where: { tenantId, consentId: id, service, at } });
    },
    mayBeAtAltinn: async (id) => (await tx.callbackState.count({ where: { tenantId, consentId: id } })) > 0,
  };
};
