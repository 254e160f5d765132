import type { EventType, EventView } from '../domain/event.ts';
import type { TenantRows } from '../usecases/store-port.ts';
import type { Tx } from './doors.ts';
import type { Event as Row } from './generated/client.ts';

export const toEvent = ({ id, type, timestamp, sequence, data }: Row): EventView => ({
  id,
  type: type as EventType,
  timestamp: timestamp.toISOString(),
  sequence: Number(sequence),
  data,
});

export const eventRows = (tx: Tx, tenantId: string, tell: (topic: string) => void): TenantRows['events'] => ({
  async append(events, now) {
    if (events.length === 0) return;
    await tx.$queryRaw`select append_events(${tenantId}::uuid, ${now}::timestamptz, ${JSON.stringify(events)}::jsonb)`;
    tell(`events:${tenantId}`);
    tell('work:deliver-webhook');
  },
  async after(sequence, limit) {
    const rows = await tx.event.findMany({
      where: { tenantId, sequence: { gt: sequence } },
      orderBy: { sequence: 'asc' },
      take: limit,
    });
    return rows.map(toEvent);
  },
});
