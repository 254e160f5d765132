import type { EventType, EventView } from '../domain/event.ts';
import type { OperatorRows, TenantRows } from '../usecases/store-port.ts';
import type { Tx } from './doors.ts';
import type { Event as Row } from './generated/client.ts';

export const toEvent = ({ id, type, timestamp, sequence, data }: Omit<Row, 'tenantId' | 'consentId'>): EventView => ({
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
});

export const oldEventRows = (tx: Tx): OperatorRows['oldEvents'] => ({
  async tenants(before) {
    const rows = await tx.$queryRaw<{ id: string }[]>`
      select c.tenant_id::text as id from tenant_counters c
      join events e on e.tenant_id = c.tenant_id and e.sequence = c.first_sequence
      where e.timestamp < ${before}::timestamptz order by 1`;
    return rows.map(({ id }) => id);
  },
  async drop(tenantId, before, now, most) {
    const [gone] = await tx.$queryRaw<Awaited<ReturnType<OperatorRows['oldEvents']['drop']>>[]>`
      select events, webhook_deliveries, webhook_attempts
      from drop_events(${tenantId}::uuid, ${before}::timestamptz, ${now}::timestamptz, ${most}::int)`;
    return gone ?? { events: 0, webhook_deliveries: 0, webhook_attempts: 0 };
  },
});
