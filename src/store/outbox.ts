import type pg from 'pg';
import type { HandOut, Outbox } from '../usecases/outbox-port.ts';
import { asking } from './doors.ts';

type Row = { handOuts: HandOut[]; standing: string[]; isLeft: boolean; nextMs: number | null };

export const openOutbox = (pool: pg.Pool): Outbox => {
  const ask = asking(pool);
  const key = (job: string, { tenantId, subjectId, handOut, outboxId }: HandOut) => [
    job,
    tenantId,
    subjectId,
    handOut,
    outboxId,
  ];
  // The id too: a late run of a row that is gone must not settle the one that came in its place.
  const row = 'job = $1 and tenant_id = $2 and subject_id = $3 and hand_outs = $4 and id = $5';
  return {
    async claim(job, now, leaseMs, { places, share, after, out, young }) {
      const youngOf = new Map<string, number>();
      for (const tenantId of young) youngOf.set(tenantId, (youngOf.get(tenantId) ?? 0) + 1);
      const [row] = await ask<Row>(
        'claim-by-turns',
        `select hand_outs as "handOuts", standing, is_left as "isLeft", next_ms as "nextMs"
         from claim_by_turns($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
        [
          job,
          now,
          leaseMs,
          places,
          share / Math.max(1, places - share),
          after,
          out.map(({ tenantId }) => tenantId),
          out.map(({ subjectId }) => subjectId),
          out.map(({ handOut }) => handOut),
          [...youngOf.keys()],
          [...youngOf.values()],
        ],
      );
      if (!row) throw new Error('claim_by_turns answers one row');
      const { nextMs, ...claimed } = row;
      return { ...claimed, nextInMs: nextMs ?? undefined };
    },
    async settle(job, done, nextAt) {
      if (nextAt === undefined) {
        const gone = await ask(
          'settle-done',
          `delete from outbox where ${row} and again_at is null returning 1`,
          key(job, done),
        );
        if (gone.length > 0) return;
      }
      await ask(
        'settle-next',
        `update outbox set leased_until = null, again_at = null, failures = 0, last_problem = null,
           due_at = least(again_at, $6::timestamptz) where ${row}`,
        [...key(job, done), nextAt],
      );
    },
    async fail(job, failed, again, problem) {
      await ask(
        'fail',
        `update outbox set leased_until = null, again_at = null, failures = failures + 1, last_problem = $7,
           due_at = least(again_at, $6::timestamptz) where ${row}`,
        [...key(job, failed), again, problem],
      );
    },
    async rest(job, resting, until, now) {
      // The lock lets whoever resumes the tenant come wholly before or wholly after: no row rests on behind their back.
      await ask(
        'rest',
        `with tenant as (select status from tenants where id = $2 for share)
         update outbox set leased_until = null, again_at = null, last_problem = 'tenant-suspended',
           due_at = case when (select status from tenant) <> 'active' then $6::timestamptz else $7::timestamptz end
         where ${row}`,
        [...key(job, resting), until, now],
      );
    },
    stands: async (job, handedOut) =>
      (await ask('stands', `select 1 from outbox where ${row} and leased_until is not null`, key(job, handedOut)))
        .length > 0,
    async putBack(job, back) {
      for (const one of back)
        await ask('put-back', `update outbox set leased_until = null where ${row}`, key(job, one));
    },
  };
};
