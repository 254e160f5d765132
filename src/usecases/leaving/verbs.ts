import { Problem } from '../../domain/problem.ts';
import { auditEntry } from '../audit.ts';
import { nobodysTenant } from '../jobs.ts';
import type { Erasure } from '../many-tenants-verbs.ts';
import type { Parts } from '../memory.ts';
import type { OperatorRows } from '../store-port.ts';
import type { Tenant, UseCases } from '../use-cases.ts';

const day = 24 * 60 * 60 * 1000;

const found = async (rows: OperatorRows, id: string): Promise<Tenant | undefined> => {
  const row = await rows.tenants.find(id);
  if (!row) return undefined;
  const { hmacKeySealed: _, ...tenant } = row;
  return tenant;
};

/** A tenant leaves, and the operator shows that nothing of it is left. */
export const leavingVerbs = (
  parts: Pick<Parts, 'clock' | 'ids' | 'store' | 'memories' | 'settings'>,
): Pick<UseCases, 'offboardTenant' | 'readErasure' | 'findArchiveKey'> => {
  const { clock, store, memories, settings } = parts;
  return {
    async offboardTenant(by, id, { confirm, eraseAfterDays }) {
      const now = clock.now();
      const tenant = await store.asOperator(async (rows) => {
        const before = await found(rows, id);
        if (!before) throw new Problem('tenant-not-found', 'No tenant with this id');
        if (confirm !== before.orgno) {
          const detail = 'must be the organisation number of the tenant';
          throw new Problem('tenant-not-confirmed', `/confirm ${detail}`, {
            errors: [{ field: '/confirm', code: 'tenant-not-confirmed', detail }],
          });
        }
        const afterMs = eraseAfterDays === undefined ? settings.eraseAfterMs : eraseAfterDays * day;
        if (await rows.leaving.begin(id, now, new Date(now.getTime() + afterMs))) {
          // What rested while it was suspended is due: some of it gives back what is at Altinn.
          await rows.tenants.wake(id, now);
          await rows.outbox.owe('offboard-tenant', nobodysTenant, id, now, now);
        } else if (eraseAfterDays !== undefined)
          await rows.leaving.setEraseAt(id, new Date((before.offboardingAt ?? now).getTime() + afterMs));
        else return before;
        const after = (await found(rows, id)) ?? before;
        const { status, eraseAt } = after;
        if (status === 'offboarded' && eraseAt) await rows.outbox.owe('erase-tenant', nobodysTenant, id, eraseAt, now);
        await rows.audit.add(auditEntry(parts, by, 'tenant.offboarding', id, { eraseAt: eraseAt?.toISOString() }, id));
        return after;
      });
      memories.forget();
      return tenant;
    },

    readErasure: (_by, id) =>
      store.asOperator(async (rows): Promise<Erasure> => {
        const [tenant, erased, counts] = [
          await found(rows, id),
          await rows.leaving.findErased(id),
          await rows.leaving.count(id),
        ];
        const tables = Object.entries(counts).map(([table, now]) => {
          const [before, after] = [erased?.before[table], erased?.after?.[table]];
          return { table, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }), now };
        });
        if (erased) {
          const { id: _, before: __, after: ___, ...rest } = erased;
          return { tenantId: id, ...rest, state: erased.erasedAt ? 'erased' : 'erasing', tables };
        }
        if (!tenant) throw new Problem('tenant-not-found', 'No tenant with this id, and none that was erased');
        const { offboardingAt, offboardedAt, eraseAt } = tenant;
        if (!offboardingAt) throw new Problem('tenant-not-leaving', 'It is not being off-boarded');
        return {
          ...{ tenantId: id, state: 'waiting', offboardingAt, tables },
          ...(offboardedAt ? { offboardedAt } : {}),
          ...(eraseAt ? { eraseAt } : {}),
        };
      }),

    findArchiveKey: (id) => store.asOperator((rows) => rows.leaving.findArchiveKey(id)),
  };
};
