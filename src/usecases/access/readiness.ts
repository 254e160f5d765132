import { Problem } from '../../domain/problem.ts';
import type { Readiness } from '../../domain/readiness.ts';
import { auditEntry } from '../audit.ts';
import { neededScopes } from '../consents/upstream.ts';
import type { Parts } from '../memory.ts';
import type { AuditEntry } from '../oversight.ts';
import type { Tenant, UseCases } from '../use-cases.ts';
import { waitFor } from '../wait.ts';
import { type House, readinessFrom } from './steps.ts';

const checkAtMostEveryMs = 60_000;
const patienceMs = 5000;

/** What readiness of any tenant hangs on beside what is known of that tenant. */
export const houseNow = async ({ clock, memories, settings }: Parts): Promise<House> => ({
  clients: await memories.clients(),
  catalogue: await memories.services(),
  settings,
  now: clock.now(),
});

/** How it stands with each of a tenant's services. Asks nobody. */
export const readinessOf =
  (parts: Parts) =>
  async (tenant: Tenant): Promise<Readiness> => {
    const house = await houseNow(parts);
    const { access, endpoints } = await parts.store.asTenant(tenant.id, async (rows) => ({
      access: await rows.access.list(),
      endpoints: await rows.endpoints.list(),
    }));
    const webhookSince = endpoints.find(({ status }) => status === 'enabled')?.createdAt;
    return readinessFrom(house, { tenant, access, webhookSince });
  };

export const readReadiness =
  (parts: Parts): UseCases['readReadiness'] =>
  ({ caller: { tenant } }) =>
    readinessOf(parts)(tenant);

/**
 * Looks at once, whatever the pace of looks, and waits a little for what is found.
 *
 * @param looked who asked for it, as the audit keeps it
 * @throws Problem `too-many-requests` within a minute of the last time, whoever asked then
 */
export const lookAtOnce = (parts: Parts) => {
  const { clock, ids, store, notices, memories, settings } = parts;
  return async (tenant: Tenant, looked: Omit<AuditEntry, 'action'>): Promise<Readiness> => {
    const tenantId = tenant.id;
    const scopes = neededScopes(settings, tenant.services, await memories.services());
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
        await rows.access.want(access.id, now);
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
