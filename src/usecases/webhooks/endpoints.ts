import { randomBytes } from 'node:crypto';
import { endpointEvent } from '../../domain/endpoint-health.ts';
import { Problem } from '../../domain/problem.ts';
import type { Place } from '../../lib/seal.ts';
import { auditEntry } from '../audit.ts';
import type { Parts } from '../memory.ts';
import type { EndpointSecrets } from '../store-port.ts';
import type { ByTenant, UseCases, WebhookEndpoint } from '../use-cases.ts';
import { limitByHand } from './by-hand.ts';

type Verbs = Pick<
  UseCases,
  | 'createWebhookEndpoint'
  | 'listWebhookEndpoints'
  | 'readWebhookEndpoint'
  | 'changeWebhookEndpoint'
  | 'removeWebhookEndpoint'
  | 'rotateWebhookSecret'
  | 'testWebhookEndpoint'
>;

export const secretPlace = (tenantId: string, endpointId: string): Place => ({
  tenantId,
  table: 'webhook_endpoints',
  column: 'secret_sealed',
  row: endpointId,
});

/** Each event is sent to each of them. */
const mostEndpoints = 20;

/** Standard Webhooks: 24 to 64 random bytes, in base64 behind `whsec_`. */
const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`;

/** Where a tenant wants its events. Secrets are shown once, when made. */
export const webhookEndpoints = (parts: Parts): Verbs => {
  const { clock, ids, store, sealing, webhooks } = parts;

  const checkUrl = (url: string) => {
    const wrong = webhooks.fault(url);
    if (wrong !== undefined)
      throw new Problem('webhook-url-invalid', wrong, {
        errors: [{ field: '/url', code: 'webhook-url-invalid', detail: wrong }],
      });
  };
  /** Written in another way it is the same address still. */
  const checkFree = (url: string, others: readonly WebhookEndpoint[]) => {
    const { href } = new URL(url);
    if (others.some((other) => new URL(other.url).href === href))
      throw new Problem('webhook-url-taken', 'Another endpoint has this address', {
        errors: [{ field: '/url', code: 'webhook-url-taken', detail: 'is the address of another endpoint' }],
      });
  };
  const note = (by: ByTenant, action: string, id: string, details: object = {}) =>
    auditEntry(parts, by, action, id, details, by.caller.tenantId);
  const missing = () => new Problem('webhook-endpoint-not-found', 'No webhook endpoint with this id');
  const plain = ({ secret: _, previous: __, previousUntil: ___, ...endpoint }: WebhookEndpoint & EndpointSecrets) =>
    endpoint;

  return {
    async createWebhookEndpoint(by, { url, events, description, ratePerSecond }) {
      checkUrl(url);
      const { tenantId } = by.caller;
      const now = clock.now();
      const endpoint: WebhookEndpoint = {
        id: ids.uuid(),
        url,
        events,
        status: 'enabled',
        createdAt: now,
        updatedAt: now,
        ...(description === undefined ? {} : { description }),
        ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
        health: { failuresInARow: 0, pending: 0, held: 0 },
      };
      const secret = newSecret();
      await store.asTenant(tenantId, async (rows) => {
        const others = await rows.endpoints.lock();
        if (others.length >= mostEndpoints)
          throw new Problem('too-many-webhook-endpoints', `There are ${mostEndpoints} already`);
        checkFree(url, others);
        await rows.endpoints.add(endpoint, sealing.seal(secretPlace(tenantId, endpoint.id), secret));
        await rows.audit.add(note(by, 'webhook-endpoint.created', endpoint.id, { host: new URL(url).host }));
      });
      return { ...endpoint, secret };
    },
    listWebhookEndpoints: ({ caller }) => store.asTenant(caller.tenantId, (rows) => rows.endpoints.list()),
    async readWebhookEndpoint({ caller }, id) {
      const found = await store.asTenant(caller.tenantId, (rows) => rows.endpoints.find(id));
      if (!found) throw missing();
      return plain(found);
    },
    changeWebhookEndpoint(by, id, { url, events, description, status, ratePerSecond }) {
      if (url !== undefined) checkUrl(url);
      return store.asTenant(by.caller.tenantId, async (rows) => {
        const now = clock.now();
        const others = url === undefined ? [] : await rows.endpoints.lock();
        await rows.endpoints.keep(id);
        const found = await rows.endpoints.find(id);
        if (!found) throw missing();
        if (url !== undefined)
          checkFree(
            url,
            others.filter((other) => other.id !== id),
          );
        const changed: WebhookEndpoint = {
          ...plain(found),
          ...(url === undefined ? {} : { url }),
          ...(events === undefined ? {} : { events }),
          ...(description === undefined ? {} : { description }),
          updatedAt: now,
        };
        await rows.endpoints.save(changed);
        const rate = ratePerSecond === undefined ? found.ratePerSecond : (ratePerSecond ?? undefined);
        if (rate !== found.ratePerSecond) await rows.endpoints.setRate(id, rate, now);
        // At another address it may be well.
        if (url !== undefined && url !== found.url) await rows.endpoints.tryAtOnce(id, now);
        if (status === 'enabled' && found.status === 'disabled') await rows.endpoints.enable(id, now);
        const isDisabled = status === 'disabled' && found.status === 'enabled';
        if (isDisabled) {
          await rows.endpoints.disable(id);
          await rows.endpoints.hold(id, now);
        }
        await rows.audit.add(
          note(by, 'webhook-endpoint.changed', id, {
            host: new URL(changed.url).host,
            events: changed.events,
            status: status ?? found.status,
          }),
        );
        const after = await rows.endpoints.find(id);
        if (!after) throw missing();
        if (isDisabled) {
          const news = { type: 'webhook.disabled', endpointId: id, url: after.url, reason: 'tenant' } as const;
          await rows.events.append([endpointEvent(ids.uuid(), news)], now);
        }
        return plain(after);
      });
    },
    async removeWebhookEndpoint(by, id) {
      await store.asTenant(by.caller.tenantId, async (rows) => {
        if (!(await rows.endpoints.find(id))) throw missing();
        await rows.endpoints.remove(id);
        await rows.audit.add(note(by, 'webhook-endpoint.removed', id));
      });
    },
    async rotateWebhookSecret(by, id, overlapSeconds) {
      const { tenantId } = by.caller;
      const now = clock.now();
      const secret = newSecret();
      const previousUntil = new Date(now.getTime() + overlapSeconds * 1000);
      await store.asTenant(tenantId, async (rows) => {
        const found = await rows.endpoints.find(id);
        if (!found) throw missing();
        await rows.endpoints.saveSecrets(
          id,
          { secret: sealing.seal(secretPlace(tenantId, id), secret), previous: found.secret, previousUntil },
          now,
        );
        await rows.audit.add(note(by, 'webhook-endpoint.secret-rotated', id, { overlapSeconds }));
      });
      return { secret, previousUntil };
    },
    testWebhookEndpoint: (by, id) =>
      store.asTenant(by.caller.tenantId, async (rows) => {
        if (!(await rows.endpoints.find(id))) throw missing();
        await limitByHand(rows, clock, 'webhook-endpoint.tested');
        const eventId = ids.uuid();
        await rows.audit.add(note(by, 'webhook-endpoint.tested', id));
        await rows.events.append([{ id: eventId, type: 'ping', data: { endpoint: id }, endpoint: id }], clock.now());
        return { eventId };
      }),
  };
};
