import { endpointRules } from '../domain/endpoint-health.ts';
import type { EventType } from '../domain/event.ts';
import { toPage } from '../lib/page.ts';
import { orNull, withoutNulls } from '../lib/without-nulls.ts';
import type { SentTo } from '../usecases/delivery-port.ts';
import type { EndpointSecrets, KeptDelivery, TenantRows } from '../usecases/store-port.ts';
import type { WebhookEndpoint } from '../usecases/use-cases.ts';
import type { Tx } from './doors.ts';
import type { WebhookEndpoint as Row, WebhookAttempt, WebhookDelivery } from './generated/client.ts';

const secretsOf = (row: Row): EndpointSecrets => ({
  secret: row.secretSealed,
  ...(row.previousSecretSealed ? { previous: row.previousSecretSealed } : {}),
  ...(row.previousUntil ? { previousUntil: row.previousUntil } : {}),
});

const plain = (row: Row) => {
  const { tenantId: _, secretSealed: __, previousSecretSealed: ___, previousUntil: ____, ...rest } = row;
  const { failures, failingSince, failingAt, restsUntil, lastDeliveredAt, ...more } = rest;
  const {
    rests: _____,
    slowMs: ______,
    pacedUntil: _______,
    parks: ________,
    letTo: _________,
    told: __________,
    ...known
  } = more;
  return {
    endpoint: withoutNulls(known) as Omit<WebhookEndpoint, 'health'>,
    health: withoutNulls({
      failuresInARow: failures,
      failingSince: failingAt && failingSince,
      restsUntil,
      lastDeliveredAt,
    }),
  };
};

/** As far as sending to it needs it. */
export const sentTo = (row: Row): SentTo => ({ ...plain(row).endpoint, ...secretsOf(row) });

/** As one is that was just enabled. */
const well = { failures: 0, failingSince: null, failingAt: null, rests: 0, restsUntil: null, slowMs: 0 };

/** Counted no further: what a tenant wants to know is whether it is few, many, or very many. */
const mostCounted = 10_000;

export const endpointRows = (tx: Tx, tenantId: string, tell: (topic: string) => void): TenantRows['endpoints'] => {
  const key = (id: string) => ({ tenantId_id: { tenantId, id } });
  const withHealth = async (rows: Row[]): Promise<WebhookEndpoint[]> => {
    const counts = await tx.$queryRaw<{ id: string; pending: number; held: number }[]>`
      select w.id,
        (select count(*)::int from (select from webhook_deliveries d where d.tenant_id = w.tenant_id and d.endpoint_id = w.id
           and d.status = 'pending' limit ${mostCounted}::int) p) as pending,
        (select count(*)::int from (select from webhook_deliveries d where d.tenant_id = w.tenant_id and d.endpoint_id = w.id
           and d.status = 'held' limit ${mostCounted}::int) h) as held
      from webhook_endpoints w where w.tenant_id = ${tenantId}::uuid and w.id = any(${rows.map(({ id }) => id)}::uuid[])`;
    return rows.map((row) => {
      const { endpoint, health } = plain(row);
      const { pending = 0, held = 0 } = counts.find(({ id }) => id === row.id) ?? {};
      return { ...endpoint, health: { ...health, pending, held } };
    });
  };
  const list = async () =>
    withHealth(await tx.webhookEndpoint.findMany({ where: { tenantId }, orderBy: { id: 'asc' } }));
  const tend = async (id: string, now: Date) => {
    await tx.$executeRaw`select owe('tend-webhook-endpoint', ${tenantId}::uuid, ${id}::uuid, ${now}::timestamptz, ${now}::timestamptz)`;
    tell('work:tend-webhook-endpoint');
  };
  return {
    list,
    async lock() {
      await tx.$executeRaw`select pg_advisory_xact_lock(hashtext('webhook_endpoints'), hashtext(${tenantId}))`;
      return list();
    },
    async find(id) {
      const row = await tx.webhookEndpoint.findUnique({ where: key(id) });
      const [endpoint] = row ? await withHealth([row]) : [];
      return row && endpoint ? { ...endpoint, ...secretsOf(row) } : undefined;
    },
    async keep(id) {
      await tx.$queryRaw`select 1 from webhook_endpoints where tenant_id = ${tenantId}::uuid and id = ${id}::uuid for update`;
    },
    async add({ health: _, ...endpoint }, secretSealed) {
      await tx.webhookEndpoint.create({ data: { ...endpoint, tenantId, secretSealed: Buffer.from(secretSealed) } });
    },
    async save({ id, url, description, events, updatedAt }) {
      await tx.webhookEndpoint.update({
        where: key(id),
        data: { url, description: orNull(description), events, updatedAt },
      });
    },
    async setRate(id, ratePerSecond, now) {
      await tx.webhookEndpoint.update({
        where: key(id),
        data: { ratePerSecond: orNull(ratePerSecond), pacedUntil: null, parks: true, letTo: 0 },
      });
      await tend(id, now);
    },
    async disable(id) {
      await tx.webhookEndpoint.update({
        where: key(id),
        data: { status: 'disabled', disabledReason: 'tenant', told: 'disabled' },
      });
    },
    async hold(id, now) {
      await tx.$queryRaw`select hold_deliveries(${tenantId}::uuid, ${id}::uuid, ${mostCounted}::int)`;
      await tend(id, now);
    },
    async enable(id, now) {
      const data = { status: 'enabled', disabledReason: null, told: 'well', ...well, parks: true, letTo: 0 };
      await tx.webhookEndpoint.update({ where: key(id), data });
      await tend(id, now);
    },
    async tryAtOnce(id, now) {
      const since = { tenantId, id, restsUntil: { gt: now } };
      await tx.webhookEndpoint.updateMany({ where: since, data: { restsUntil: now } });
      await tend(id, now);
    },
    async news(id) {
      const row = await tx.$queryRaw<{ told: string; is: string }[]>`
        select told, case when status = 'disabled' then 'disabled' when failing_at is null then 'well' else 'failing' end as is
        from webhook_endpoints where tenant_id = ${tenantId}::uuid and id = ${id}::uuid for update`;
      const [state] = row;
      if (!state || state.told === state.is) return undefined;
      await tx.webhookEndpoint.update({ where: key(id), data: { told: state.is } });
      const endpoint = await tx.webhookEndpoint.findUniqueOrThrow({ where: key(id) });
      const { url, failures, failingSince, disabledReason } = endpoint;
      const since = failingSince ? { since: failingSince } : {};
      if (state.is === 'failing') return { type: 'webhook.failing', endpointId: id, url, failures, ...since };
      if (state.is === 'well') return { type: 'webhook.recovered', endpointId: id, url, ...since };
      return { type: 'webhook.disabled', endpointId: id, url, reason: disabledReason === 'gone' ? 'gone' : 'tenant' };
    },
    async letGoOn(id, now) {
      const [row] = await tx.$queryRaw<{ next: Date | null }[]>`
        select tend_endpoint(${tenantId}::uuid, ${id}::uuid, ${now}::timestamptz, ${JSON.stringify(endpointRules)}::jsonb) as next`;
      tell('work:deliver-webhook');
      return row?.next ?? undefined;
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
      await tx.webhookEndpoint.deleteMany({ where: { tenantId, id } });
      await tx.webhookDelivery.updateMany({
        where: { tenantId, endpointId: id, status: { in: ['pending', 'held'] } },
        data: { status: 'given-up', nextAt: null },
      });
    },
  };
};

export const deliveryRows = (tx: Tx, tenantId: string, tell: (topic: string) => void): TenantRows['deliveries'] => {
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
      const { tenantId: _, attempts: __, lane: ___, hasTurn: ____, sequence, ...rest } = row;
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
    async list(endpointId, { cursor, limit }, { status, type, consentId } = {}) {
      const [sequence, before] = cursor?.split(' ') ?? [];
      const found = await tx.$queryRaw<{ id: string; sequence: bigint }[]>`
        select d.id, d.sequence from webhook_deliveries d
        where d.tenant_id = ${tenantId}::uuid and d.endpoint_id = ${endpointId}::uuid
          and (${orNull(sequence)}::bigint is null or (d.sequence, d.id) < (${orNull(sequence)}::bigint, ${orNull(before)}::uuid))
          and (${orNull(status)}::text is null or d.status = ${orNull(status)}::text)
          and (${orNull(consentId)}::uuid is null or d.lane in (
            lane_of(${endpointId}::uuid, ${orNull(consentId)}::uuid, false), lane_of(${endpointId}::uuid, ${orNull(consentId)}::uuid, true)))
          and (${orNull(type)}::text is null or exists (
            select from events e where e.tenant_id = d.tenant_id and e.sequence = d.sequence and e.type = ${orNull(type)}::text))
        order by d.sequence desc, d.id desc limit ${limit + 1}::int`;
      const { items, ...next } = toPage(found, limit, (row) => `${row.sequence} ${row.id}`);
      const rows = await tx.webhookDelivery.findMany({
        where: { tenantId, id: { in: items.map(({ id }) => id) } },
        orderBy: [{ sequence: 'desc' }, { id: 'desc' }],
      });
      return { ...next, items: await withStory(rows) };
    },
    async reopen(id, now) {
      const [row] = await tx.$queryRaw<{ lane: string }[]>`
        select lane from webhook_deliveries where tenant_id = ${tenantId}::uuid and id = ${id}::uuid`;
      if (!row) return;
      // First what is owed, then the delivery: whoever records a try takes them in this order too.
      await tx.$executeRaw`select owe('deliver-webhook', ${tenantId}::uuid, ${row.lane}::uuid, ${now}::timestamptz, ${now}::timestamptz)`;
      await tx.$executeRaw`
        update webhook_deliveries d set status = 'pending', next_at = ${now}::timestamptz, has_turn = true
        where d.tenant_id = ${tenantId}::uuid and d.lane = ${row.lane}::uuid and (
          d.id = ${id}::uuid and d.status <> 'delivered' or d.status = 'pending' and d.sequence < (
            select sequence from webhook_deliveries where tenant_id = ${tenantId}::uuid and id = ${id}::uuid))`;
      tell('work:deliver-webhook');
    },
  };
};
