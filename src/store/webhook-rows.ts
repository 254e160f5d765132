import { endpointRules } from '../domain/endpoint-health.ts';
import type { EventType } from '../domain/event.ts';
import type { Signing } from '../domain/receiver.ts';
import { mostCounted } from '../domain/webhook-endpoint.ts';
import { toPage } from '../lib/page.ts';
import { orNull, withoutNulls } from '../lib/without-nulls.ts';
import type {
  DeliveryRows,
  EndpointRows,
  EndpointSecrets,
  KeptDelivery,
  KeptEndpoint,
  SentTo,
} from '../usecases/webhook-rows-port.ts';
import type { Tx } from './doors.ts';
import { Prisma, type WebhookEndpoint as Row, type WebhookAttempt, type WebhookDelivery } from './generated/client.ts';

/** Buffers as Prisma wants them. */
const bytes = (value: Uint8Array | undefined) => (value ? Buffer.from(value) : null);

/** What a tenant or its operator chooses, as columns. */
const choices = ({ url, description, events, auth, authSealed, privateTarget }: KeptEndpoint) => ({
  url,
  description: orNull(description),
  events,
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

const plain = (row: Row) => {
  const { tenantId: _, secretSealed: secret, previousSecretSealed: previous, ...rest } = row;
  const { failures, failingSince, failingAt, restsUntil, lastDeliveredAt, ...more } = rest;
  const {
    rests: __,
    slowMs: ___,
    pacedUntil: ____,
    parks: _____,
    letTo: ______,
    told: _______,
    sentUntil: ________,
    ...known
  } = more;
  return {
    endpoint: withoutNulls({ ...known, secret, previous }) as SentTo,
    health: withoutNulls({
      failuresInARow: failures,
      failingSince: failingAt && failingSince,
      restsUntil,
      lastDeliveredAt,
    }),
  };
};

/** As far as sending to it needs it. */
export const sentTo = (row: Row): SentTo => plain(row).endpoint;

/** As one is that was just enabled. */
const well = { failures: 0, failingSince: null, failingAt: null, rests: 0, restsUntil: null, slowMs: 0 };

export const endpointRows = (tx: Tx, tenantId: string, tell: (topic: string) => void): EndpointRows => {
  const key = (id: string) => ({ tenantId_id: { tenantId, id } });
  const withHealth = async (rows: Row[]): Promise<KeptEndpoint[]> => {
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
  /** Locked in the order of their lanes, as by whoever records tries: neither waits for the other in a circle. */
  const giveUp = (id: string) => tx.$executeRaw`
    with held as (
      select tenant_id, id from webhook_deliveries
      where tenant_id = ${tenantId}::uuid and endpoint_id = ${id}::uuid and status in ('pending', 'held')
      order by lane, id for no key update)
    update webhook_deliveries d set status = 'given-up', next_at = null
    from held h where d.tenant_id = h.tenant_id and d.id = h.id`;
  return {
    list,
    async lock() {
      await tx.$executeRaw`select pg_advisory_xact_lock(hashtext('webhook_endpoints'), hashtext(${tenantId}))`;
      return (await tx.webhookEndpoint.findMany({ where: { tenantId } })).map(sentTo);
    },
    async find(id) {
      const row = await tx.webhookEndpoint.findUnique({ where: key(id) });
      const [endpoint] = row ? await withHealth([row]) : [];
      return endpoint;
    },
    async keep(id) {
      await tx.$queryRaw`select 1 from webhook_endpoints where tenant_id = ${tenantId}::uuid and id = ${id}::uuid for update`;
      const row = await tx.webhookEndpoint.findUnique({ where: key(id) });
      return row ? sentTo(row) : undefined;
    },
    async add(endpoint) {
      const { id, status, createdAt, updatedAt, ratePerSecond } = endpoint;
      const told = status === 'disabled' ? { told: 'disabled', disabledReason: 'tenant' } : {};
      await tx.webhookEndpoint.create({
        data: {
          ...{ tenantId, id, status, createdAt, updatedAt, ...told },
          ratePerSecond: orNull(ratePerSecond),
          ...choices(endpoint),
          ...secrets(endpoint),
        },
      });
    },
    async save(endpoint) {
      const { id, updatedAt } = endpoint;
      await tx.webhookEndpoint.update({ where: key(id), data: { ...choices(endpoint), updatedAt } });
    },
    async setRate(id, ratePerSecond, now) {
      await tx.webhookEndpoint.update({
        where: key(id),
        data: { ratePerSecond: orNull(ratePerSecond), pacedUntil: null, sentUntil: null, parks: true, letTo: 0 },
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
      const endpoint = await tx.webhookEndpoint.update({ where: key(id), data: { told: state.is } });
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
    async saveSecrets(id, changed, now) {
      await tx.webhookEndpoint.update({ where: key(id), data: { ...secrets(changed), updatedAt: now } });
    },
    async retire({ id, status, disabledReason }, fresh, now) {
      const reason = status === 'disabled' ? orNull(disabledReason) : 'tenant';
      const data = { status: 'disabled', disabledReason: reason, told: 'disabled', updatedAt: now };
      const noAuth = { auth: Prisma.DbNull, authSealed: null };
      await tx.webhookEndpoint.update({ where: key(id), data: { ...data, ...noAuth, ...secrets(fresh) } });
      await giveUp(id);
    },
    async remove(id) {
      await tx.webhookEndpoint.deleteMany({ where: { tenantId, id } });
      await giveUp(id);
    },
  };
};

export const deliveryRows = (tx: Tx, tenantId: string, tell: (topic: string) => void): DeliveryRows => {
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
      const { tenantId: _, attempts: tries, lane: __, hasTurn: ___, sequence, ...rest } = row;
      const event = eventOf.get(sequence);
      // Both were dropped, as too old, since the row was read.
      if (!event) return [];
      return [
        {
          ...(withoutNulls(rest) as Omit<KeptDelivery, 'attempts' | 'event'>),
          event,
          // One that was recorded since the row was read would stand beside a state from before it.
          attempts: attempts
            .filter(({ deliveryId, number }) => deliveryId === row.id && number <= tries)
            .map(toAttempt),
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
