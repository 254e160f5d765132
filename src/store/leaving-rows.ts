import { withoutNulls } from '../lib/without-nulls.ts';
import type { ErasedTenant, LeavingRows, RowCounts } from '../usecases/leaving-port.ts';
import { tenantTables } from './check-store.ts';
import type { Tx } from './doors.ts';
import { Prisma } from './generated/client.ts';
import { deleteTokens } from './token-rows.ts';

/** They go last of all: the others' rows name the tenant, and its events their counter. */
const last = ['tenant_counters', 'tenants'] as const;
const before = tenantTables.filter((table) => !last.some((one) => one === table));

const count = async (tx: Tx, id: string): Promise<RowCounts> => {
  const counts: RowCounts = {};
  for (const table of tenantTables) {
    const of = Prisma.raw(`"${table}" where "${table === 'tenants' ? 'id' : 'tenant_id'}"`);
    const [row] = await tx.$queryRaw<{ many: number }[]>`select count(*)::int as many from ${of} = ${id}::uuid`;
    counts[table] = row?.many ?? 0;
  }
  return counts;
};

/** A table's rows, whatever table it is: one that comes to the list is erased with the others. */
const erase = async (tx: Tx, id: string, table: string, now: Date, most: number): Promise<number> => {
  const [row] = await tx.$queryRaw<{ many: number }[]>`
    select erase_rows(${id}::uuid, ${table}, ${now}::timestamptz, ${most}::int) as many`;
  return row?.many ?? 0;
};

/** More than that comes to no tenant between two looks at it. */
const all = 1_000_000_000;

export const leavingRows = (tx: Tx, tell: (topic: string) => void): LeavingRows => {
  const dropKeysAndTokens = async (tenantId: string, now: Date) => {
    await tx.apiKey.updateMany({ where: { tenantId, revokedAt: null }, data: { revokedAt: now } });
    await deleteTokens(tx, tenantId);
    tell('changed:keys');
    tell('changed:tokens');
  };
  return {
    async begin(id, now, eraseAt) {
      const { count: begun } = await tx.tenant.updateMany({
        where: { id, status: { in: ['active', 'suspended'] } },
        data: { status: 'offboarding', offboardingAt: now, eraseAt, updatedAt: now },
      });
      if (begun > 0) await dropKeysAndTokens(id, now);
      return begun > 0;
    },
    async setEraseAt(id, eraseAt) {
      await tx.tenant.update({ where: { id }, data: { eraseAt } });
    },
    async open(tenantId, most) {
      const rows = await tx.consent.findMany({ where: { tenantId, endedAt: null }, select: { id: true }, take: most });
      return rows.map(({ id }) => id);
    },
    async countToGiveBack(id) {
      const [row] = await tx.$queryRaw<{ many: number }[]>`
        select count(*)::int as many from outbox o join consents c on c.tenant_id = o.tenant_id and c.id = o.subject_id
        where o.job = 'read-consent' and o.tenant_id = ${id}::uuid and c.generation = 'altinn2' and c.ended_at is not null`;
      return row?.many ?? 0;
    },
    countLeftOpen: (tenantId) => tx.consent.count({ where: { tenantId, status: 'withdrawn', upstream: 'open' } }),
    async finish(id, now) {
      await dropKeysAndTokens(id, now);
      await tx.outbox.deleteMany({ where: { tenantId: id, job: { not: 'erase-consent' } } });
      await tx.tenant.update({ where: { id }, data: { status: 'offboarded', offboardedAt: now, updatedAt: now } });
    },

    count: (id) => count(tx, id),
    async findErased(id) {
      const row = await tx.erasedTenant.findUnique({ where: { id } });
      return row ? (withoutNulls(row) as ErasedTenant) : undefined;
    },
    async startErasure({ orgnoDigest, ...erased }) {
      const { after: _, ...begun } = erased;
      await tx.erasedTenant.createMany({
        data: [{ ...begun, orgnoDigest: Buffer.from(orgnoDigest) }],
        skipDuplicates: true,
      });
    },
    async eraseSome(id, now, most) {
      let gone = 0;
      for (const table of before) if (gone < most) gone += await erase(tx, id, table, now, most - gone);
      return gone;
    },
    async eraseLast(id, now) {
      for (const table of [...before, ...last]) await erase(tx, id, table, now, all);
      const after = await count(tx, id);
      await tx.erasedTenant.update({ where: { id }, data: { erasedAt: now, after } });
      tell('changed:keys');
      return after;
    },

    async addArchive({ tenantId, manifestDigest, publicJwk, ...archive }) {
      const key = publicJwk as Prisma.InputJsonObject;
      await tx.archive.create({
        data: { ...archive, subject: tenantId, manifestDigest: Buffer.from(manifestDigest), publicJwk: key },
      });
    },
    async findArchiveKey(id) {
      const row = await tx.archive.findUnique({ where: { id }, select: { publicJwk: true } });
      return row?.publicJwk as Record<string, unknown> | undefined;
    },
  };
};
