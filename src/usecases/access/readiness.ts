import type { Access } from '../../domain/access.ts';
import { Problem } from '../../domain/problem.ts';
import type { Readiness, ReadinessStep } from '../../domain/readiness.ts';
import { stoppedFor } from '../../domain/refusals.ts';
import type { Service } from '../../domain/service.ts';
import { scopesNamed } from '../../domain/token.ts';
import { auditEntry } from '../audit.ts';
import { scopesOf } from '../consents/upstream.ts';
import type { ClientWithKeys, Parts } from '../memory.ts';
import type { AuditEntry } from '../oversight.ts';
import type { Settings } from '../ports.ts';
import { holdersOf } from '../tokens/find-client.ts';
import type { Tenant, UseCases } from '../use-cases.ts';
import { waitFor } from '../wait.ts';

const checkAtMostEveryMs = 60_000;
const patienceMs = 5000;

const words = {
  'consent-administration': 'The tenant has delegated “API access to manage consents” to the operator',
  'consent-tokens': 'The tenant has delegated the consent tokens of Altinn 2 to the operator',
  'data-access': 'The tenant may use the data source’s API through the operator',
  'access-list': 'The data source lets the tenant ask for this consent',
} as const;

const accessStep = (step: keyof typeof words, access: Access | undefined, tenant: Tenant): ReadinessStep => {
  const state = access?.state === 'granted' ? 'done' : access?.state === 'missing' ? 'missing' : 'unknown';
  const mover = access?.problem?.mover;
  return {
    step,
    state,
    mover:
      state === 'missing' && (mover === 'tenant' || mover === 'api-owner' || mover === 'operator') ? mover : 'nobody',
    text: access?.problem?.detail ?? words[step],
    ...(state === 'missing' && access?.problem ? { reason: access.problem.code } : {}),
    ...(access?.problem?.link === undefined ? {} : { link: access.problem.link }),
    ...(access?.checkedAt ? { checkedAt: access.checkedAt } : {}),
    since: access?.since ?? tenant.createdAt,
  };
};

const isReady = ({ stoppedAt, keys }: ClientWithKeys): boolean =>
  stoppedAt === undefined && keys.some(({ state }) => state === 'active');

const clientStep = (
  clients: readonly ClientWithKeys[],
  scopes: readonly string[],
  { links, ownScopes }: Pick<Settings, 'links' | 'ownScopes'>,
  tenant: Tenant,
): ReadinessStep => {
  const step = 'client';
  const holding = (scope: string) => holdersOf(clients, ownScopes, scope).holders;
  const without = scopes.filter((scope) => !holding(scope).some(isReady));
  if (without.length === 0)
    return {
      step,
      state: 'done',
      mover: 'nobody',
      text: 'The operator has Maskinporten clients for this service',
      since: tenant.createdAt,
    };
  const stopped = without
    .flatMap((scope) => holding(scope).map((client) => ({ ...client, scope })))
    .find(({ stoppedAt }) => stoppedAt !== undefined);
  return {
    step,
    state: 'missing',
    mover: 'operator',
    text:
      (stopped?.stoppedProblem && stoppedFor(stopped.stoppedProblem, scopesNamed(stopped.scope)).detail) ??
      `The operator lacks a Maskinporten client with a key for ${without.join(' and ')}`,
    link: links.selfService,
    since: stopped?.stoppedAt ?? tenant.createdAt,
  };
};

const settingStep = (
  step: string,
  done: boolean,
  mover: 'tenant' | 'operator',
  text: string,
  since: Date,
): ReadinessStep => ({
  step,
  state: done ? 'done' : 'missing',
  mover: done ? 'nobody' : mover,
  text,
  since,
});

/** Per service: what is in place, what is missing and whose move it is, from what was found out and never from a box ticked. */
export const readinessOf = (parts: Parts) => {
  const { store, memories, settings } = parts;
  return async (tenant: Tenant): Promise<Readiness> => {
    const tenantId = tenant.id;
    const catalogue = await memories.services();
    const clients = await memories.clients();
    const { known, endpoints } = await store.asTenant(tenantId, async (rows) => ({
      known: await rows.access.list(),
      endpoints: await rows.endpoints.list(),
    }));
    const of = (kind: Access['kind'], name: string) =>
      known.find((access) => access.kind === kind && access.name === name);
    const enabled = endpoints.find(({ status }) => status === 'enabled');
    const stepsOf = ({ key, dataScope, checkDataAccess, generation }: Service): ReadinessStep[] => [
      clientStep(clients, [...scopesOf(settings, generation), dataScope], settings, tenant),
      ...scopesOf(settings, generation).map((scope, place) =>
        accessStep(place === 0 ? 'consent-administration' : 'consent-tokens', of('scope', scope), tenant),
      ),
      ...(checkDataAccess ? [accessStep('data-access', of('scope', dataScope), tenant)] : []),
      accessStep('access-list', of('service', key), tenant),
      settingStep(
        'redirect-address',
        tenant.redirectUrls.length > 0,
        'operator',
        'A return address for browsers is registered',
        tenant.updatedAt,
      ),
      settingStep(
        'webhook',
        enabled !== undefined,
        'tenant',
        'A webhook endpoint is set up',
        enabled?.createdAt ?? tenant.createdAt,
      ),
    ];
    const services = tenant.services.map((key) => catalogue.get(key)).filter((service) => service !== undefined);
    return {
      services: services.map((service) => {
        const steps = stepsOf(service);
        // Whether the data source lets the tenant ask shows at the first consent alone; a webhook is the tenant's choice.
        const ready = steps.every(
          ({ step, state }) =>
            state === 'done' || step === 'webhook' || (step === 'access-list' && state === 'unknown'),
        );
        return { service: service.key, ready, steps };
      }),
    };
  };
};

export const readReadiness =
  (parts: Parts): UseCases['readReadiness'] =>
  ({ caller: { tenant } }) =>
    readinessOf(parts)(tenant);

/**
 * Looks at once, and waits a little for what is found.
 *
 * @param looked who asked for it, as the audit keeps it
 * @throws Problem `too-many-requests` within a minute of the last time, whoever asked then
 */
export const lookAtOnce = (parts: Parts) => {
  const { clock, ids, store, notices, memories, settings } = parts;
  return async (tenant: Tenant, looked: Omit<AuditEntry, 'action'>): Promise<Readiness> => {
    const tenantId = tenant.id;
    const catalogue = await memories.services();
    const scopes = new Set<string>();
    for (const key of tenant.services) {
      const service = catalogue.get(key);
      for (const scope of service ? scopesOf(settings, service.generation) : []) scopes.add(scope);
      if (service?.checkDataAccess) scopes.add(service.dataScope);
    }
    if (scopes.size === 0) scopes.add(settings.consentScope);
    const now = clock.now();
    await store.asTenant(tenantId, async (rows) => {
      const lastMs = now.getTime() - ((await rows.audit.lastAt('readiness.checked'))?.getTime() ?? 0);
      if (lastMs < checkAtMostEveryMs)
        throw new Problem('too-many-requests', 'Readiness is looked at once a minute at most', {
          retryAfterSeconds: Math.ceil((checkAtMostEveryMs - lastMs) / 1000),
        });
      await rows.audit.add({ ...looked, action: 'readiness.checked' });
      for (const scope of scopes) {
        const access = await rows.access.ensure('scope', scope, ids.uuid(), now);
        await rows.outbox.owe('probe-access', access.id, now, now);
      }
      for (const access of await rows.access.list())
        if (access.kind === 'service' && access.state === 'missing')
          await rows.outbox.owe('probe-access', access.id, now, now);
    });
    await waitFor(notices, {
      topic: `access:${tenantId}`,
      timeoutMs: patienceMs,
      tenantId,
      look: () => store.asTenant(tenantId, (rows) => rows.access.list()),
      isEnough: (known) =>
        known.every(
          ({ kind, name, checkedAt }) =>
            kind !== 'scope' || !scopes.has(name) || (checkedAt !== undefined && checkedAt >= now),
        ),
    });
    return readinessOf(parts)(tenant);
  };
};

export const checkReadiness =
  (parts: Parts): UseCases['checkReadiness'] =>
  (by) =>
    lookAtOnce(parts)(
      by.caller.tenant,
      auditEntry(parts, by, 'readiness.checked', by.caller.tenantId, {}, by.caller.tenantId),
    );
