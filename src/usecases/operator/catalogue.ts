import { Problem } from '../../domain/problem.ts';
import { dataUrlFault, type Service, serviceFault } from '../../domain/service.ts';
import { withoutNulls } from '../../lib/without-nulls.ts';
import { oweLooks } from '../access/owe-look.ts';
import { auditEntry } from '../audit.ts';
import type { Parts } from '../memory.ts';
import type { UseCases } from '../use-cases.ts';

type Verbs = Pick<UseCases, 'defineService' | 'changeService' | 'readService' | 'listServices' | 'listOfferedServices'>;

const wrong = (field: string, code: 'missing' | 'value-wrong', detail: string) =>
  new Problem('request-invalid', `/${field} ${detail}`, { errors: [{ field: `/${field}`, code, detail }] });

/** What Altinn calls it. A consent that is out stands on it: its token and its data are of that name for good. */
const names = ['resource', 'serviceCode', 'serviceEditionCode'] as const;

/** What can be consented to. Tenants know services by key alone, wherever they live. */
export const catalogue = (parts: Parts): Verbs => {
  const { clock, store, memories, settings } = parts;
  const lookSoon = oweLooks(parts);
  const check = (service: Service) => {
    const fault = serviceFault(service);
    if (fault) throw wrong(fault.field, fault.detail === 'is missing' ? 'missing' : 'value-wrong', fault.detail);
    const { production, dataHosts } = settings;
    const urlFault = service.dataUrl === undefined ? undefined : dataUrlFault(service.dataUrl, production, dataHosts);
    if (urlFault !== undefined) throw wrong('dataUrl', 'value-wrong', urlFault);
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
      const changed = await store.asOperator(async (rows) => {
        // Two who change different fields at once both have their way.
        const before = (await rows.services.lock()).find(({ service }) => service.key === key)?.service;
        if (!before) throw new Problem('service-not-found', 'No service with this key');
        const after: Service = withoutNulls({ ...before, ...change, key });
        check(after);
        const name = names.find((field) => after[field] !== before[field]);
        if (name !== undefined && (await rows.services.isInUse(key)))
          throw new Problem('service-in-use', `/${name}: consents that have not ended stand on it`, {
            errors: [{ field: `/${name}`, code: 'service-in-use', detail: 'consents that have not ended stand on it' }],
          });
        await rows.services.save(after, clock.now());
        await lookSoon(rows, { service: key });
        await rows.audit.add(auditEntry(parts, by, 'service.changed', key, change));
        return after;
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
