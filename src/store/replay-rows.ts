import { boundTypes } from '../domain/replay.ts';
import { orNull } from '../lib/without-nulls.ts';
import type { ReplayRows } from '../usecases/replay-port.ts';
import type { Tx } from './doors.ts';

export const replayRows = (tx: Tx, tenantId: string, tell: (topic: string) => void): ReplayRows => ({
  async count({ endpointId, since, until, types, consentId }, most) {
    const [row] = await tx.$queryRaw<{ many: number }[]>`
      select count(*)::int as many from replayable_events(${tenantId}::uuid, ${endpointId}::uuid, ${since}::timestamptz,
        ${until}::timestamptz, ${types}::text[], ${boundTypes}::text[], ${orNull(consentId)}::uuid, ${most + 1}::int)`;
    return row?.many ?? 0;
  },
  async owe({ endpointId, since, until, types, consentId }, most, everyMs, now) {
    const [row] = await tx.$queryRaw<{ many: number }[]>`
      select replay_events(${tenantId}::uuid, ${endpointId}::uuid, ${since}::timestamptz, ${until}::timestamptz, ${types}::text[],
        ${boundTypes}::text[], ${orNull(consentId)}::uuid, ${most}::int, ${everyMs}::float8, ${now}::timestamptz) as many`;
    tell('work:deliver-webhook');
    return row?.many ?? 0;
  },
  async oldest() {
    const row = await tx.event.findFirst({
      where: { tenantId },
      orderBy: { sequence: 'asc' },
      select: { sequence: true, timestamp: true },
    });
    return row ? { sequence: Number(row.sequence), timestamp: row.timestamp } : undefined;
  },
});
