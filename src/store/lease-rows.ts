import type { LeaseRows } from '../usecases/lease-rows-port.ts';
import type { Tx } from './doors.ts';

export const leaseRows = (tx: Tx): LeaseRows => ({
  async hold(name, holder, ms) {
    const held = await tx.$executeRaw`
      insert into leases as l (name, holder, ends_at)
      values (${name}, ${holder}::uuid, clock_timestamp() + ${ms}::float8 * interval '1 millisecond')
      on conflict (name) do update set holder = excluded.holder, ends_at = excluded.ends_at
        where l.holder = excluded.holder or l.ends_at <= clock_timestamp()`;
    return held > 0;
  },
  async drop(name, holder) {
    await tx.$executeRaw`delete from leases where name = ${name} and holder = ${holder}::uuid`;
  },
});
