import type { AccessRequest } from '../../domain/access-request.ts';
import { isOpen } from '../../domain/access-request.ts';
import { Problem } from '../../domain/problem.ts';
import { scopesNamed } from '../../domain/token.ts';
import { auditEntry } from '../audit.ts';
import type { Parts } from '../memory.ts';
import type { ByOperator, Tenant } from '../use-cases.ts';
import { accessNames } from './access-names.ts';
import type { AskingVerbs } from './asking-verbs.ts';

/** Asking for access, as far as somebody can be asked by API. What is owed is done in a worker. */
export const asking = (parts: Parts): AskingVerbs<ByOperator> => {
  const { clock, ids, store, memories, settings } = parts;

  const mustFind = async (id: string): Promise<Tenant> => {
    const found = await store.asOperator((rows) => rows.tenants.find(id));
    if (!found) throw new Problem('tenant-not-found', 'No tenant with this id');
    return found;
  };

  /** Scopes that the tenant may have yet to delegate. Where the API's owner must move first, its administrators can do nothing. */
  const wanting = async ({ id, services }: Tenant): Promise<Set<string>> => {
    const names = accessNames(settings, await memories.services(), services);
    const known = await store.listAccess(id);
    const lacking = [...names].filter((name) => {
      const access = known.find((one) => one.kind === 'scope' && one.name === name);
      return access?.state !== 'granted' && access?.problem?.mover !== 'api-owner';
    });
    return new Set(lacking.flatMap(scopesNamed));
  };

  return {
    async askForAccess(by, tenantId) {
      const tenant = await mustFind(tenantId);
      if (tenant.status !== 'active') throw new Problem('tenant-suspended', 'Nobody is asked in its name meanwhile');
      const byService = new Map<string, string[]>();
      const none: string[] = [];
      for (const scope of await wanting(tenant)) {
        const service = settings.askFor?.services.get(scope);
        if (service === undefined) none.push(scope);
        else byService.set(service, [...(byService.get(service) ?? []), scope]);
      }
      const link = settings.links.delegate;
      if (none.length > 0 && byService.size === 0)
        throw new Problem('cannot-be-asked', `Nobody can be asked by API to delegate ${none.join(', ')}`, { link });
      const items = await store.asTenant(tenantId, async (rows) => {
        const now = clock.now();
        for (const [service, scopes] of byService) {
          const request: AccessRequest = {
            ...{ id: ids.uuid(), service, scopes },
            ...{ status: 'queued', createdAt: now, updatedAt: now },
          };
          if (!(await rows.accessRequests.add(request))) continue;
          await rows.outbox.owe('ask-for-access', request.id, now, now);
          await rows.audit.add(auditEntry(parts, by, 'access.asked', request.id, { service, scopes }, tenantId));
        }
        return (await rows.accessRequests.list()).filter((one) => isOpen(one) && byService.has(one.service));
      });
      return { items, cannotBeAsked: none.map((scope) => ({ scope, link })) };
    },
    async listAccessRequests(_by, tenantId) {
      await mustFind(tenantId);
      return store.asTenant(tenantId, (rows) => rows.accessRequests.list());
    },
  };
};
