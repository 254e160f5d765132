import { Problem } from '../../domain/problem.ts';
import { auditEntry } from '../audit.ts';
import type { Parts } from '../memory.ts';
import type { UseCases } from '../use-cases.ts';
import { shownEndpoint } from './shown-endpoint.ts';

type Verbs = Pick<UseCases, 'listTenantWebhookEndpoints' | 'allowPrivateTarget'>;

/** What the operator says of a tenant's endpoints: which may be at a private address. */
export const privateTargets = (parts: Parts): Verbs => {
  const { clock, store, memories, webhooks } = parts;
  const mustExist = async (tenantId: string) => {
    if (!(await memories.tenant.get(tenantId))) throw new Problem('tenant-not-found', 'No tenant with this id');
  };
  return {
    async listTenantWebhookEndpoints(_by, tenantId) {
      await mustExist(tenantId);
      const all = await store.asTenant(tenantId, (rows) => rows.endpoints.list());
      return all.map((endpoint) => shownEndpoint(endpoint, clock.now()));
    },
    async allowPrivateTarget(by, tenantId, endpointId, target) {
      await mustExist(tenantId);
      const wrong = target && (await webhooks.lookAtOpened(target));
      if (wrong !== undefined)
        throw new Problem('private-target-invalid', `/host ${wrong}`, {
          errors: [{ field: '/host', code: 'private-target-invalid', detail: wrong }],
        });
      return store.asTenant(tenantId, async (rows) => {
        await rows.endpoints.lock();
        const found = await rows.endpoints.find(endpointId);
        if (!found) throw new Problem('webhook-endpoint-not-found', 'No webhook endpoint with this id');
        const { privateTarget: before, ...rest } = found;
        const changed = { ...rest, ...(target ? { privateTarget: target } : {}), updatedAt: clock.now() };
        await rows.endpoints.save(changed);
        const action = target ? 'webhook-endpoint.private-target-allowed' : 'webhook-endpoint.private-target-withdrawn';
        await rows.audit.add(auditEntry(parts, by, action, endpointId, { ...(target ?? before) }, tenantId));
        return shownEndpoint(changed, clock.now());
      });
    },
  };
};
