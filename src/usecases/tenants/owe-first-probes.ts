import { scopesOf } from '../consents/upstream.ts';
import type { Parts } from '../memory.ts';
import type { Tenant } from '../use-cases.ts';

/**
 * Whatever a tenant's services need is probed, where nobody has looked yet. Nothing is waited for: whoever brings hundreds of
 * tenants sees them turn ready one after the other. Safe to repeat.
 */
export const oweFirstProbes =
  ({ clock, ids, store, memories, settings }: Pick<Parts, 'clock' | 'ids' | 'store' | 'memories' | 'settings'>) =>
  async ({ id, services }: Pick<Tenant, 'id' | 'services'>): Promise<void> => {
    const catalogue = await memories.services();
    const scopes = new Set<string>();
    for (const key of services) {
      const service = catalogue.get(key);
      for (const scope of service ? scopesOf(settings, service.generation) : []) scopes.add(scope);
      if (service?.checkDataAccess) scopes.add(service.dataScope);
    }
    if (scopes.size === 0) scopes.add(settings.consentScope);
    const now = clock.now();
    await store.asTenant(id, async (rows) => {
      for (const scope of [...scopes].toSorted()) {
        const access = await rows.access.ensure('scope', scope, ids.uuid(), now);
        if (!access.checkedAt) await rows.outbox.owe('probe-access', access.id, now, now);
      }
    });
  };
