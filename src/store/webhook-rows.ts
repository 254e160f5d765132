import type { EventType } from '../domain/event.ts';
import { toPage } from '../lib/page.ts';
import { orNull, withoutNulls } from '../lib/without-nulls.ts';
import type { EndpointSecrets, KeptDelivery, TenantRows } from '../usecases/store-port.ts';
import type { WebhookEndpoint } from '../usecases/use-cases.ts';
import type { Tx } from './doors.ts';
import { toEvent } from './event-rows.ts';
import type { WebhookEndpoint as Row, WebhookAttempt, WebhookDelivery } from './generated/client.ts';

const toEndpoint = (row: Row): WebhookEndpoint => {
  const { tenantId: _, secretSealed: __, previousSecretSealed: ___, previousUntil: ____, ...rest } = row;
  return withoutNulls(rest) as WebhookEndpoint;
};

const secretsOf = (row: Row): EndpointSecrets => ({
  secret: row.secretSealed,
  ...(row.previousSecretSealed ? { previous: row.previousSecretSealed } : {}),
  ...(row.previousUntil ? { previousUntil: row.previousUntil } : {}),
});

export const endpointRows = (tx: Tx, tenantId: string): TenantRows['endpoints'] => {
  const key = (id: string) => ({ tenantId_id: { tenantId, id } });
  const list = async () =>
    (await tx.webhookEndpoint.findMany({ where: { tenantId }, orderBy: { id: 'asc' } })).map(toEndpoint);
  return {
    list,
    async lock() {
      await tx.$executeRaw`select pg_advisory_xact_lock(hashtext('webhook_endpoints'), hashtext(${tenantId}))`;
      return list();
    },
    async find(id) {
      const row = await tx.webhookEndpoint.findUnique({ where: key(id) });
      return row ? { ...toEndpoint(row), ...secretsOf(row) } : undefined;
    },
    async add(endpoint, secretSealed) {
      await tx.webhookEndpoint.create({ data: { ...endpoint, tenantId, secretSealed: Buffer.from(secretSealed) } });
    },
    async save({ id, url, description, events, status, updatedAt }) {
      await tx.webhookEndpoint.update({
        where: key(id),
        data: { url, description: orNull(description), events, status, updatedAt },
      });
    },
    async saveSecrets(id, { secret, previous, previousUntil }, now) {
      await tx.webhookEndpoint.update({
        where: key(id),
        data: {
          secretSealed: Buffer.from(secret),
          previousSecretSealed: previous ? Buffer.from(previous) : null,
          previousUntil: orNull(previousUntil),
          updatedAt: now,
        },
      });
    },
    async remove(id) {
      await tx.webhookDelivery.updateMany({
        where: { tenantId, endpointId: id, status: 'pending' },
        data: { status: 'given-up', nextAt: null },
      });
      await tx.webhookEndpoint.deleteMany({ where: { tenantId, id } });
    },
  };
};

export const deliveryRows = (tx: Tx, tenantId: string): TenantRows['deliveries'] => {
  const key = (id: string) => ({ tenantId_id: { tenantId, id } });

  const withStory = async (rows: WebhookDelivery[]): Promise<KeptDelivery[]> => {
    const ids = rows.map(({ id }) => id);
    const attempts = await tx.webhookAttempt.findMany({
      where: { tenantId, deliveryId: { in: ids } },
      orderBy: { number: 'asc' },
    });
    const events = await tx.event.findMany({
      where: { tenantId, sequence: { in: rows.map(({ sequence }) => sequence) } },
      select: { id: true, type: true, sequence: true },
    });
    const eventOf = new Map(
      events.map((event) => [
        event.sequence,
        { id: event.id, type: event.type as EventType, sequence: Number(event.sequence) },
      ]),
    );
    return rows.flatMap((row) => {
      const { tenantId: _, attempts: __, sequence, ...rest } = row;
      const event = eventOf.get(sequence);
      // Both were dropped, as too old, since the row was read.
      if (!event) return [];
      return [
        {
          ...(withoutNulls(rest) as Omit<KeptDelivery, 'attempts' | 'event'>),
          event,
          attempts: attempts.filter(({ deliveryId }) => deliveryId === row.id).map(toAttempt),
        },
      ];
    });
  };
  const toAttempt = ({ tenantId: _, deliveryId: __, ...row }: WebhookAttempt) =>
    withoutNulls(row) as KeptDelivery['attempts'][number];

  return {
    async find(id) {
      const row = await tx.webhookDelivery.findUnique({ where: key(id) });
      return row ? (await withStory([row]))[0] : undefined;
    },
    async list(endpointId, { cursor, limit }) {
      const rows = await tx.webhookDelivery.findMany({
        where: { tenantId, endpointId, ...(cursor === undefined ? {} : { sequence: { lt: BigInt(cursor) } }) },
        orderBy: { sequence: 'desc' },
        take: limit + 1,
      });
      const page = toPage(rows, limit, ({ sequence }) => String(sequence));
      return { ...page, items: await withStory(page.items) };
    },
    async due(id) {
      const delivery = await tx.webhookDelivery.findUnique({ where: key(id) });
      const endpoint = delivery && (await tx.webhookEndpoint.findUnique({ where: key(delivery.endpointId) }));
      const event =
        delivery &&
        (await tx.event.findUnique({ where: { tenantId_sequence: { tenantId, sequence: delivery.sequence } } }));
      if (!delivery || !endpoint || !event) return undefined;
      return {
        delivery: {
          id,
          status: delivery.status as KeptDelivery['status'],
          attempts: delivery.attempts,
          createdAt: delivery.createdAt,
        },
        event: toEvent(event),
        endpoint: { ...toEndpoint(endpoint), ...secretsOf(endpoint) },
      };
    },
    async record(id, { answerSealed, ...attempt }, { status, nextAt }) {
      await tx.webhookAttempt.create({
        data: { tenantId, deliveryId: id, ...attempt, answerSealed: answerSealed ? Buffer.from(answerSealed) : null },
      });
      await tx.webhookDelivery.update({
        where: key(id),
        data: {
          status,
          attempts: attempt.number,
          nextAt: orNull(nextAt),
          deliveredAt: status === 'delivered' ? attempt.at : null,
        },
      });
    },
    async reopen(id, now) {
      await tx.webhookDelivery.update({ where: key(id), data: { status: 'pending', nextAt: now } });
    },
    async giveUp(id) {
      await tx.webhookDelivery.updateMany({
        where: { tenantId, id, status: 'pending' },
        data: { status: 'given-up', nextAt: null },
      });
    },
  };
};
