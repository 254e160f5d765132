import { toPage } from '../lib/page.ts';
import { orNull, withoutNulls } from '../lib/without-nulls.ts';
import type { AuditEntry } from '../usecases/oversight.ts';
import type { OperatorRows } from '../usecases/store-port.ts';
import type { OperatorKey } from '../usecases/use-cases.ts';
import { operatorAccessRows } from './access-rows.ts';
import { toApiKey } from './api-key-rows.ts';
import { clientRows } from './client-rows.ts';
import type { Tx } from './doors.ts';
import { oldEventRows } from './event-rows.ts';
import { type OperatorKey as OperatorKeyRow, Prisma } from './generated/client.ts';
import { goOnIn } from './go-on.ts';
import { invitationTextRows } from './invitation-rows.ts';
import { leaseRows } from './lease-rows.ts';
import { leavingRows } from './leaving-rows.ts';
import { serviceRows } from './service-rows.ts';
import { auditRow, toTenant } from './tenant-rows.ts';
import { foldTokenCounts, tokenCountRows } from './token-count-rows.ts';
import { deleteTokens } from './token-rows.ts';

const toOperatorKey = ({ digest: _, ...row }: OperatorKeyRow): OperatorKey => withoutNulls(row) as OperatorKey;

/** Owed in one go; the rest an hour later. */
const mostErasures = 50_000;

const operatorKeysIn = (tx: Tx) => async (): Promise<OperatorKey[]> =>
  (await tx.operatorKey.findMany({ orderBy: { id: 'asc' } })).map(toOperatorKey);

export const operatorRows = (tx: Tx, tell: (topic: string) => void): OperatorRows => ({
  tenants: {
    async find(id) {
      const row = await tx.tenant.findUnique({ where: { id } });
      return row ? { ...toTenant(row), hmacKeySealed: row.hmacKeySealed } : undefined;
    },
    async findByApiKey(digest) {
      const key = await tx.apiKey.findUnique({ where: { digest: Buffer.from(digest) } });
      const tenant = key && (await tx.tenant.findUnique({ where: { id: key.tenantId } }));
      return key && tenant ? { key: toApiKey(key), tenant: toTenant(tenant) } : undefined;
    },
    async findByApiKeyId(id) {
      const key = await tx.apiKey.findUnique({ where: { id } });
      const tenant = key && (await tx.tenant.findUnique({ where: { id: key.tenantId } }));
      return key && tenant ? { key: toApiKey(key), tenant: toTenant(tenant) } : undefined;
    },
    async list({ cursor, limit }) {
      const rows = await tx.tenant.findMany({
        ...(cursor === undefined ? {} : { where: { id: { gt: cursor } } }),
        orderBy: { id: 'asc' },
        take: limit + 1,
      });
      return toPage(rows.map(toTenant), limit, ({ id }) => id);
    },
    findByOrgnos: async (orgnos) => (await tx.tenant.findMany({ where: { orgno: { in: [...orgnos] } } })).map(toTenant),
    async add(tenant, hmacKeySealed) {
      await tx.tenant.create({ data: { ...tenant, hmacKeySealed: Buffer.from(hmacKeySealed) } });
      await tx.tenantCounter.create({ data: { tenantId: tenant.id } });
    },
    async save({ id, name, status, redirectUrls, services, expiringDays, updatedAt }) {
      // One that leaves, perhaps since a moment ago, is changed no more.
      const { count } = await tx.tenant.updateMany({
        where: { id, status: { in: ['active', 'suspended'] } },
        data: { name, status, redirectUrls, services, expiringDays: orNull(expiringDays), updatedAt },
      });
      if (count > 0) tell('changed:keys');
      return count > 0;
    },
    async dropTokens(id) {
      await deleteTokens(tx, id);
      tell('changed:tokens');
    },
    async wake(id, now) {
      const rested = await tx.$queryRaw<{ job: string }[]>`
        with woken as (
          update outbox set due_at = ${now}::timestamptz where tenant_id = ${id}::uuid and due_at > ${now}::timestamptz and last_problem = 'tenant-suspended'
          returning job)
        select distinct job from woken`;
      for (const { job } of rested) tell(`work:${job}`);
    },
  },
  operatorKeys: {
    async findByDigest(digest) {
      const row = await tx.operatorKey.findUnique({ where: { digest: Buffer.from(digest) } });
      return row ? toOperatorKey(row) : undefined;
    },
    list: operatorKeysIn(tx),
    async lock() {
      // Always in the same order, so that two who do this wait for each other once. Read anew: the first may have changed some.
      await tx.$queryRaw`select 1 from operator_keys order by id for update`;
      return operatorKeysIn(tx)();
    },
    any: async () => (await tx.operatorKey.findFirst({ select: { id: true } })) !== null,
    async add(key, digest) {
      await tx.operatorKey.create({ data: { ...key, digest: Buffer.from(digest) } });
      tell('changed:keys');
    },
    async revoke(id, now) {
      const { count } = await tx.operatorKey.updateMany({ where: { id, revokedAt: null }, data: { revokedAt: now } });
      if (count > 0) tell('changed:keys');
      return count > 0;
    },
  },
  clients: clientRows(tx, tell),
  leases: leaseRows(tx),
  tokenCounts: tokenCountRows(tx),
  oldEvents: oldEventRows(tx),
  leaving: leavingRows(tx, tell),
  services: serviceRows(tx, tell),
  access: operatorAccessRows(tx, tell),
  invitationTexts: invitationTextRows(tx),
  outbox: {
    async owe(job, tenantId, subjectId, dueAt, now) {
      await tx.$executeRaw`select owe(${job}, ${tenantId}::uuid, ${subjectId}::uuid, ${dueAt}::timestamptz, ${now}::timestamptz)`;
      if (dueAt <= now) tell(`work:${job}`);
    },
    async isDue(job, tenantId, subjectId, by) {
      const rows = await tx.$queryRaw<unknown[]>`
        select 1 from outbox where job = ${job} and tenant_id = ${tenantId}::uuid and subject_id = ${subjectId}::uuid
          and (due_at <= ${by}::timestamptz or leased_until > clock_timestamp())`;
      return rows.length > 0;
    },
    goOn: goOnIn(tx, tell),
    count: (now) => tx.$queryRaw`
      select job as queue, count(*)::int as owed, (count(*) filter (where due_at <= ${now}::timestamptz))::int as due,
        (count(*) filter (where leased_until > clock_timestamp()))::int as "handedOut",
        (count(*) filter (where failures > 0))::int as failing,
        greatest(0, coalesce(extract(epoch from ${now}::timestamptz - min(due_at)), 0))::float8 as "oldestDueSeconds",
        (array_agg(last_problem order by failures desc) filter (where last_problem is not null))[1] as "lastProblem"
      from outbox group by job order by job`,
  },
  audit: {
    async add(entry) {
      await tx.audit.create({ data: auditRow(entry) });
    },
    async list(filter, { cursor, limit }) {
      const rows = await tx.audit.findMany({
        where: {
          ...(filter.tenantId === undefined ? {} : { tenantId: filter.tenantId }),
          ...(filter.action === undefined ? {} : { action: filter.action }),
          ...(cursor === undefined ? {} : { id: { lt: cursor } }),
        },
        orderBy: { id: 'desc' },
        take: limit + 1,
      });
      const entries = rows.map(({ actorKind, actorId, actorName, ...row }) => ({
        ...withoutNulls(row),
        actor: { kind: actorKind as AuditEntry['actor']['kind'], id: actorId, name: actorName },
      }));
      return toPage(entries as AuditEntry[], limit, ({ id }) => id);
    },
    has: async (action, target, since) =>
      (await tx.audit.findFirst({ where: { at: { gt: since }, action, target }, select: { id: true } })) !== null,
  },
  tidy: async (now) => ({
    // A browser may come back late, but not a month after the consent's end.
    callback_states: await tx.$executeRaw`
      delete from callback_states s using consents c
      where c.tenant_id = s.tenant_id and c.id = s.consent_id and c.ended_at < ${now}::timestamptz - interval '30 days'`,
    tokens: await tx.$executeRaw`
      with old as (
        select tenant_id, id from tokens where coalesce(expires_at, failed_until, created_at) < ${now}::timestamptz - interval '1 day'
          and (leased_until is null or leased_until < clock_timestamp()) order by tenant_id, id for update)
      delete from tokens t using old o where t.tenant_id = o.tenant_id and t.id = o.id`,
    // Past its end nobody takes it any more; clocks differ a little.
    used_assertions: await tx.$executeRaw`
      delete from used_assertions where expires_at < ${now}::timestamptz - interval '5 minutes'`,
    token_counts: await foldTokenCounts(tx, now),
    // Nobody can open them; the audit keeps that they were.
    invitations: await tx.$executeRaw`
      delete from invitations where least(expires_at, withdrawn_at) < ${now}::timestamptz - interval '180 days'`,
  }),
  async oweErasures(endedBefore, now) {
    // A suspended tenant's consents come to no end while its work rests: their time is over all the same.
    const owed = await tx.$executeRaw`
      select owe('erase-consent', late.tenant_id, late.id, ${now}::timestamptz, ${now}::timestamptz) from (
        select tenant_id, id from consents where ended_at is not null and party_sealed is not null and ended_at < ${endedBefore}::timestamptz
        union all
        select c.tenant_id, c.id from tenants t join consents c on c.tenant_id = t.id
        where t.status <> 'active' and c.ended_at is null and c.party_sealed is not null and c.valid_to < ${endedBefore}::timestamptz
      ) late where not exists (
        select from outbox o where o.job = 'erase-consent' and o.tenant_id = late.tenant_id and o.subject_id = late.id and o.due_at <= ${now}::timestamptz
      ) limit ${mostErasures}::int`;
    if (owed > 0) tell('work:erase-consent');
    return owed;
  },
  async oweFeeds(now) {
    const owed = await tx.$executeRaw`
      insert into outbox (job, tenant_id, subject_id, due_at, created_at)
      select 'read-feed', t.id, t.id, ${now}::timestamptz, ${now}::timestamptz from tenants t
      where exists (select from consents c where c.tenant_id = t.id and c.status in ('pending', 'accepted') and c.generation = 'altinn3')
      on conflict do nothing`;
    if (owed > 0) tell('work:read-feed');
    return owed;
  },
  known: {
    read: async (name) => (await tx.knownGood.findUnique({ where: { name } }))?.value,
    async keep(name, value, now) {
      const kept = { value: value === null ? Prisma.JsonNull : (value as Prisma.InputJsonValue), at: now };
      await tx.knownGood.upsert({ where: { name }, create: { name, ...kept }, update: kept });
    },
  },
});
