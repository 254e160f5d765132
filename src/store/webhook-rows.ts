import type { EventType } from '../domain/event.ts';
import type { Signing } from '../domain/receiver.ts';
import { toPage } from '../lib/page.ts';
import { orNull, withoutNulls } from '../lib/without-nulls.ts';
import type { EndpointSecrets, KeptDelivery, KeptEndpoint, TenantRows } from '../usecases/store-port.ts';
import type { Tx } from './doors.ts';
import { toEvent } from './event-rows.ts';
import { Prisma, type WebhookEndpoint as Row, type WebhookAttempt, type WebhookDelivery } from './generated/client.ts';

const toEndpoint = ({
  tenantId: _,
  secretSealed: secret,
  previousSecretSealed: previous,
  ...rest
}: Row): KeptEndpoint => withoutNulls({ ...rest, secret, previous }) as KeptEndpoint;

/** Buffers as Prisma wants them. */
const bytes = (value: Uint8Array | undefined) => (value ? Buffer.from(value) : null);

/** What a tenant or its operator chooses, as columns. */
const choices = ({ url, description, events, status, auth, authSealed, privateTarget }: KeptEndpoint) => ({
  url,
  description: orNull(description),
  events,
  status,
  auth: auth ?? Prisma.DbNull,
  authSealed: bytes(authSealed),
  privateTarget: privateTarget ?? Prisma.DbNull,
});

const secrets = ({
  signing,
  secret,
  publicKey,
  previous,
  previousPublicKey,
  previousUntil,
}: EndpointSecrets & { signing: Signing }) => ({
  signing,
  secretSealed: Buffer.from(secret),
  publicKey: orNull(publicKey),
  previousSecretSealed: bytes(previous),
  previousPublicKey: orNull(previousPublicKey),
  previousUntil: orNull(previousUntil),
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
      return row ? toEndpoint(row) : undefined;
    },
    async add(endpoint) {
      const { id, createdAt, updatedAt } = endpoint;
      await tx.webhookEndpoint.create({
        data: { tenantId, id, createdAt, updatedAt, ...choices(endpoint), ...secrets(endpoint) },
      });
    },
    async save(endpoint) {
      const { id, updatedAt } = endpoint;
      await tx.webhookEndpoint.update({ where: key(id), data: { ...choices(endpoint), updatedAt } });
    },
    async saveSecrets(id, changed, now) {
      await tx.webhookEndpoint.update({ where: key(id), data: { ...secrets(changed), updatedAt: now } });
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
    return rows.map((row) => {
      const { tenantId: _, attempts: __, sequence, ...rest } = row;
      const event = eventOf.get(sequence);
      if (!event) throw new Error(`delivery ${row.id} has no event`);
      return {
        ...(withoutNulls(rest) as Omit<KeptDelivery, 'attempts' | 'event'>),
        event,
        attempts: attempts.filter(({ deliveryId }) => deliveryId === row.id).map(toAttempt),
      };
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
        endpoint: toEndpoint(endpoint),
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
