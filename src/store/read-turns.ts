import type pg from 'pg';
import { readLaneName } from '../domain/read-turns.ts';
import { nobodysTenant } from '../usecases/jobs.ts';
import type { Store } from '../usecases/store-port.ts';
import { asking } from './doors.ts';

/** Through the tenant's door, in one round trip; lanes are kept in `paces`, where the hub's own belong to nobody. */
export const readTurns = (pool: pg.Pool): Pick<Store, 'takeReadTurns'> => ({
  async takeReadTurns(tenantId, id, { now, nearMs, lanes, atOnce }) {
    const listed = lanes.map(({ whose, ...lane }) => ({ ...lane, whose: whose === 'hub' ? nobodysTenant : tenantId }));
    const text = 'select take_read_turns($1, $2, $3, $4, $5, $6) as again';
    const values = [tenantId, id, now, nearMs, JSON.stringify(listed), atOnce];
    const [turn] = await asking(pool)<{ again: Date | null }>('take-read-turns', text, values);
    return turn?.again ?? undefined;
  },
});

/** For whoever watches: nothing hangs on it. */
export const readsAhead = (pool: pg.Pool) => async (now: Date) => {
  const text = `
    select greatest(0, extract(epoch from max(paced_until) filter (where tenant_id <> $3::uuid) - $2::timestamptz) * 1000)::float8 as "tenantMs",
      greatest(0, extract(epoch from max(paced_until) filter (where tenant_id = $3::uuid) - $2::timestamptz) * 1000)::float8 as "hubMs"
    from paces where name = $1`;
  const values = [readLaneName, now, nobodysTenant];
  const [ahead] = await asking(pool)<{ tenantMs: number; hubMs: number }>('reads-ahead', text, values);
  return ahead ?? { tenantMs: 0, hubMs: 0 };
};
