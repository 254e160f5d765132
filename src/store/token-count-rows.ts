import { toPage } from '../lib/page.ts';
import type { OperatorRows } from '../usecases/store-port.ts';
import type { TokenUse, TokenUseSpan } from '../usecases/use-cases.ts';
import type { Tx } from './doors.ts';

const dayMs = 24 * 60 * 60 * 1000;
/** An hour is told by itself for at least so long after its month has ended. */
const hoursKeptMs = 35 * dayMs;
/** Folded in one go; the rest an hour later. */
const mostFolded = 50_000;

/** PostgreSQL writes the year 0, which ISO 8601 has, another way. */
const secondsOf = (at: Date | undefined): number | null => (at === undefined ? null : at.getTime() / 1000);

/** Where a page ended: it sorts as the rows do. */
const writePlace = ({ from, per, keyId, scope }: TokenUse): string => `${from.getTime()} ${per} ${keyId} ${scope}`;
const readPlace = (cursor: string) => {
  const [time, per = '', keyId = '', scope = ''] = cursor.split(' ');
  return { from: new Date(Number(time)), per, keyId, scope };
};

export const tokenCountRows = (tx: Tx): OperatorRows['tokenCounts'] => ({
  async list(tenantId, { from, to, per }, { cursor, limit }) {
    const after = cursor === undefined ? undefined : readPlace(cursor);
    const rows = await tx.$queryRaw<(Omit<TokenUse, 'tokens'> & { tokens: bigint; per: TokenUseSpan })[]>`
      select key_id::text as "keyId", scope, per, "from", sum(count)::bigint as tokens, max(last_at) as "lastAt" from (
        select key_id, scope, count, last_at, case when span = 'month' then span else ${per}::text end as per,
          date_trunc(case when span = 'month' then span else ${per}::text end, since, 'UTC') as "from"
        from token_counts where tenant_id = ${tenantId}::uuid
          and since >= coalesce(to_timestamp(${secondsOf(from)}::float8), '-infinity') and since < coalesce(to_timestamp(${secondsOf(to)}::float8), 'infinity')
      ) counted
      where ${after === undefined}::boolean or ("from", per, key_id, scope collate "C") >
        (${after?.from ?? null}::timestamptz, ${after?.per ?? null}::text, ${after?.keyId ?? null}::uuid, ${after?.scope ?? null}::text)
      group by "from", per, key_id, scope order by "from", per, key_id, scope collate "C" limit ${limit + 1}::int`;
    return toPage(
      rows.map((row) => ({ ...row, tokens: Number(row.tokens) })),
      limit,
      writePlace,
    );
  },
});

/** Adds hours long past to their months, so that nothing that was counted is lost. Answers how many rows went. */
export const foldTokenCounts = async (tx: Tx, now: Date): Promise<number> => {
  const [folded] = await tx.$queryRaw<{ many: number }[]>`
    with past as (
      delete from token_counts where (tenant_id, key_id, scope, span, since) in (
        select tenant_id, key_id, scope, span, since from token_counts
        where span = 'hour' and since < date_trunc('month', ${new Date(now.getTime() - hoursKeptMs)}::timestamptz, 'UTC')
        order by since limit ${mostFolded}::int for update skip locked)
      returning *),
    added as (
      insert into token_counts as t (tenant_id, key_id, scope, span, since, count, last_at)
      select tenant_id, key_id, scope, 'month', date_trunc('month', since, 'UTC'), sum(count), max(last_at) from past group by 1, 2, 3, 5
      on conflict (tenant_id, key_id, scope, span, since) do update
      set count = t.count + excluded.count, last_at = greatest(t.last_at, excluded.last_at))
    select count(*)::int as many from past`;
  return folded?.many ?? 0;
};
