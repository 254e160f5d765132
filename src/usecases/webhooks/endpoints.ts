import { endpointEvent } from '../../domain/endpoint-health.ts';
import { Problem } from '../../domain/problem.ts';
import type { PrivateTarget } from '../../domain/receiver.ts';
import { auditEntry } from '../audit.ts';
import type { Parts } from '../memory.ts';
import type { ByTenant, UseCases } from '../use-cases.ts';
import type { KeptEndpoint } from '../webhook-rows-port.ts';
import { limitByHand } from './by-hand.ts';
import { authDetails, checkSameServer, keepAuth, withoutAuth } from './receiver-auth.ts';
import { newSigner, secretPlace, shownSecret, succeeded, withSecrets } from './secrets.ts';
import { shownEndpoint } from './shown-endpoint.ts';

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

/** Each event is sent to each of them. */
const mostEndpoints = 20;

/** How long the old secret signs beside one of another kind. */
const dayMs = 24 * 60 * 60 * 1000;

/** Where a tenant wants its events. Secrets are shown once, when made. */
export const webhookEndpoints = (parts: Parts): Verbs => {
  const { clock, ids, store, sealing, webhooks } = parts;

  const checkUrl = async (url: string, opened?: PrivateTarget) => {
    const wrong = await webhooks.look(url, opened);
    if (wrong !== undefined)
      throw new Problem('webhook-url-invalid', wrong, {
        errors: [{ field: '/url', code: 'webhook-url-invalid', detail: wrong }],
      });
  };
  /** Written in another way it is the same address still. */
  const checkFree = (url: string, others: readonly Pick<KeptEndpoint, 'url'>[]) => {
    const { href } = new URL(url);
    if (others.some((other) => new URL(other.url).href === href))
      throw new Problem('webhook-url-taken', 'Another endpoint has this address', {
        errors: [{ field: '/url', code: 'webhook-url-taken', detail: 'is the address of another endpoint' }],
      });
  };
  const note = (by: ByTenant, action: string, id: string, details: object = {}) =>
    auditEntry(parts, by, action, id, details, by.caller.tenantId);
  const missing = () => new Problem('webhook-endpoint-not-found', 'No webhook endpoint with this id');

  /** One that is to stay as it is, unless somebody else changes it meanwhile. @throws Problem `webhook-endpoint-not-found` */
  const read = async (tenantId: string, id: string): Promise<KeptEndpoint> => {
    const found = await store.asTenant(tenantId, (rows) => rows.endpoints.find(id));
    if (!found) throw missing();
    return found;
  };

  return {
    async createWebhookEndpoint(
      by,
      { url, events, description, status = 'enabled', signing = 'v1', ratePerSecond, ...ask },
    ) {
      await checkUrl(url);
      const { tenantId } = by.caller;
      const now = clock.now();
      const id = ids.uuid();
      const { secret, ...signer } = newSigner(signing, ask.secret);
      const auth = ask.auth && (await keepAuth(parts, { tenantId, id }, ask.auth));
      const endpoint: KeptEndpoint = {
        id,
        url,
        events,
        status,
        ...signer,
        secret: sealing.seal(secretPlace(tenantId, id), secret),
        ...auth,
        createdAt: now,
        updatedAt: now,
        ...(description === undefined ? {} : { description }),
        ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
        health: { failuresInARow: 0, pending: 0, held: 0 },
      };
      await store.asTenant(tenantId, async (rows) => {
        const others = await rows.endpoints.lock();
        if (others.length >= mostEndpoints)
          throw new Problem('too-many-webhook-endpoints', `There are ${mostEndpoints} already`);
        checkFree(url, others);
        await rows.endpoints.add(endpoint);
        const details = { host: new URL(url).host, signing, ...authDetails(endpoint) };
        await rows.audit.add(note(by, 'webhook-endpoint.created', id, details));
      });
      return { ...shownEndpoint(endpoint, now), ...shownSecret(secret) };
    },
    async listWebhookEndpoints({ caller }) {
      const all = await store.asTenant(caller.tenantId, (rows) => rows.endpoints.list());
      return all.map((endpoint) => shownEndpoint(endpoint, clock.now()));
    },
    async readWebhookEndpoint({ caller }, id) {
      return shownEndpoint(await read(caller.tenantId, id), clock.now());
    },
    async changeWebhookEndpoint(by, id, { url, events, description, status, ratePerSecond, signing, auth: authAsk }) {
      const { tenantId } = by.caller;
      // What takes its time is done before anything is locked; the door looks again at each connection anyway.
      const { privateTarget: opened } = await read(tenantId, id);
      if (url !== undefined) await checkUrl(url, opened);
      const auth = authAsk && (await keepAuth(parts, { tenantId, id }, authAsk, opened));
      return store.asTenant(tenantId, async (rows) => {
        const others = await rows.endpoints.lock();
        await rows.endpoints.keep(id);
        const found = await rows.endpoints.find(id);
        if (!found) throw missing();
        if (url !== undefined) {
          checkFree(
            url,
            others.filter((other) => other.id !== id),
          );
          if (authAsk === undefined) checkSameServer(found, url);
        }
        const now = clock.now();
        const changed: KeptEndpoint = {
          ...(authAsk === undefined ? found : withoutAuth(found)),
          ...auth,
          ...(url === undefined ? {} : { url }),
          ...(events === undefined ? {} : { events }),
          ...(description === undefined ? {} : { description }),
          updatedAt: now,
        };
        await rows.endpoints.save(changed);
        const rate = ratePerSecond === undefined ? found.ratePerSecond : (ratePerSecond ?? undefined);
        if (rate !== found.ratePerSecond) await rows.endpoints.setRate(id, rate, now);
        // At another address, or showing itself otherwise, it may be well.
        if ((url !== undefined && url !== found.url) || authAsk !== undefined) await rows.endpoints.tryAtOnce(id, now);
        if (status === 'enabled' && found.status === 'disabled') await rows.endpoints.enable(id, now);
        const isDisabled = status === 'disabled' && found.status === 'enabled';
        if (isDisabled) {
          await rows.endpoints.disable(id);
          await rows.endpoints.hold(id, now);
        }
        const signer = signing === undefined || signing === found.signing ? undefined : newSigner(signing);
        const secrets = signer && succeeded(sealing, tenantId, found, signer, new Date(now.getTime() + dayMs));
        if (secrets) await rows.endpoints.saveSecrets(id, secrets, now);
        await rows.audit.add(
          note(by, 'webhook-endpoint.changed', id, {
            host: new URL(changed.url).host,
            events: changed.events,
            status: status ?? found.status,
            signing: secrets?.signing ?? changed.signing,
            ...authDetails(changed),
          }),
        );
        const after = await rows.endpoints.find(id);
        if (!after) throw missing();
        if (isDisabled) {
          const news = { type: 'webhook.disabled', endpointId: id, url: after.url, reason: 'tenant' } as const;
          await rows.events.append([endpointEvent(ids.uuid(), news)], now);
        }
        return { ...shownEndpoint(after, now), ...(signer ? shownSecret(signer.secret) : {}) };
      });
    },
    async removeWebhookEndpoint(by, id) {
      await store.asTenant(by.caller.tenantId, async (rows) => {
        if (!(await rows.endpoints.find(id))) throw missing();
        await rows.endpoints.remove(id);
        await rows.audit.add(note(by, 'webhook-endpoint.removed', id));
      });
    },
    async rotateWebhookSecret(by, id, { overlapSeconds, secret }) {
      const { tenantId } = by.caller;
      const now = clock.now();
      const previousUntil = new Date(now.getTime() + overlapSeconds * 1000);
      return store.asTenant(tenantId, async (rows) => {
        await rows.endpoints.lock();
        const found = await rows.endpoints.find(id);
        if (!found) throw missing();
        const signer = newSigner(found.signing, secret);
        const secrets = succeeded(sealing, tenantId, found, signer, previousUntil);
        await rows.endpoints.saveSecrets(id, secrets, now);
        await rows.audit.add(note(by, 'webhook-endpoint.secret-rotated', id, { overlapSeconds }));
        const { publicKeys } = shownEndpoint(withSecrets(found, secrets), now);
        return { publicKeys, previousUntil, ...shownSecret(signer.secret) };
      });
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
