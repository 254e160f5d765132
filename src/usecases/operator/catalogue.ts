import { Problem } from '../../domain/problem.ts';
import { dataUrlFault, type Service } from '../../domain/service.ts';
import { auditEntry } from '../audit.ts';
import type { Parts } from '../memory.ts';
import type { UseCases } from '../use-cases.ts';

type Verbs = Pick<UseCases, 'defineService' | 'changeService' | 'readService' | 'listServices' | 'listOfferedServices'>;

/** What can be consented to. Tenants know services by key alone, wherever they live. */
export const catalogue = (parts: Parts): Verbs => {
  const { clock, store, memories, settings } = parts;
  const check = (service: Service) => {
    const missing =
      service.generation === 'altinn3'
        ? service.resource === undefined && 'resource'
        : service.serviceCode === undefined && 'serviceCode';
    if (missing)
      throw new Problem('request-invalid', `A service of ${service.generation} needs ${missing}`, {
        errors: [{ field: `/${missing}`, code: 'request-invalid', detail: 'is missing' }],
      });
    const fault = service.dataUrl === undefined ? undefined : dataUrlFault(service.dataUrl, settings.production);
    if (fault !== undefined)
      throw new Problem('request-invalid', `/dataUrl ${fault}`, {
        errors: [{ field: '/dataUrl', code: 'value-wrong', detail: fault }],
      });
  };
  const find = async (key: string): Promise<Service> => {
    const found = (await store.asOperator((rows) => rows.services.list())).find((service) => service.key === key);
    if (!found) throw new Problem('service-not-found', 'No service with this key');
    return found;
  };
  return {
    async defineService(by, ask) {
      check(ask);
      await store.asOperator(async (rows) => {
        await rows.services.add(ask, clock.now());
        await rows.audit.add(auditEntry(parts, by, 'service.defined', ask.key, ask));
      });
      memories.forget();
      return ask;
    },
    async changeService(by, key, change) {
      const changed = { ...(await find(key)), ...change, key };
      check(changed);
      await store.asOperator(async (rows) => {
        await rows.services.save(changed, clock.now());
        await rows.audit.add(auditEntry(parts, by, 'service.changed', key, change));
      });
      memories.forget();
      return changed;
    },
    readService: (_by, key) => find(key),
    listServices: () => store.asOperator((rows) => rows.services.list()),
    async listOfferedServices({ caller }) {
      const services = await memories.services();
      return caller.tenant.services.map((key) => services.get(key)).filter((service) => service !== undefined);
    },
  };
};
