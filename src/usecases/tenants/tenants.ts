import { randomBytes } from 'node:crypto';
import { isOrganizationNumber } from '../../domain/party.ts';
import { Problem } from '../../domain/problem.ts';
import { redirectKind } from '../../domain/redirect.ts';
import { oweLooks } from '../access/owe-look.ts';
import { auditEntry } from '../audit.ts';
import type { Parts } from '../memory.ts';
import type { OperatorRows } from '../store-port.ts';
import type { ByOperator, Tenant, UseCases } from '../use-cases.ts';

type Verbs = Pick<
  UseCases,
  'createTenant' | 'changeTenant' | 'readTenant' | 'listTenants' | 'suspendTenant' | 'resumeTenant' | 'listTokenUse'
>;

/** Organisations the operator acts for. */
export const tenants = (parts: Parts): Verbs => {
  const { clock, ids, store, sealing, memories, settings } = parts;
  const lookSoon = oweLooks(parts);

  const check = async ({
    redirectUrls = [],
    services = [],
  }: {
    redirectUrls?: string[] | undefined;
    services?: string[] | undefined;
  }) => {
    for (const [index, url] of redirectUrls.entries())
      if (!redirectKind(url, settings.production) || new URL(url).search !== '') {
        const detail = 'must be https, http on localhost outside production, or a private-use scheme, without a query';
        throw new Problem('redirect-url-invalid', detail, {
          errors: [{ field: `/redirectUrls/${index}`, code: 'redirect-url-invalid', detail }],
        });
      }
    memories.forget();
    const catalogue = await memories.services();
    for (const [index, key] of services.entries())
      if (!catalogue.has(key)) {
        const detail = `${key} is not in the catalogue`;
        throw new Problem('service-unknown', detail, {
          errors: [{ field: `/services/${index}`, code: 'service-unknown', detail }],
        });
      }
  };

  const mustFind = async (rows: OperatorRows, id: string): Promise<Tenant> => {
    const found = await rows.tenants.find(id);
    if (!found) throw new Problem('tenant-not-found', 'No tenant with this id');
    const { hmacKeySealed: _, ...tenant } = found;
    return tenant;
  };

  const alter = async (
    by: ByOperator,
    id: string,
    action: string,
    change: (tenant: Tenant) => Tenant,
    then?: (rows: OperatorRows) => Promise<void>,
  ): Promise<Tenant> => {
    const changed = await store.asOperator(async (rows) => {
      const after = { ...change(await mustFind(rows, id)), updatedAt: clock.now() };
      if (!(await rows.tenants.save(after))) throw new Problem('tenant-offboarded', 'It is leaving, or has left');
      await then?.(rows);
      const { name, status, redirectUrls, services } = after;
      await rows.audit.add(auditEntry(parts, by, action, id, { name, status, redirectUrls, services }, id));
      return after;
    });
    memories.forget();
    return changed;
  };

  /** A browser sent elsewhere carries a consent's id and answer with it: not everybody who helps tenants decides where to. */
  const mayRedirect = ({ caller }: ByOperator, { redirectUrls }: Tenant, wished: readonly string[]): void => {
    const same = wished.every((url) => redirectUrls.includes(url)) && redirectUrls.every((url) => wished.includes(url));
    if (!same && caller.role !== 'administrator')
      throw new Problem('role-missing', 'Changing redirectUrls needs the role administrator');
  };

  return {
    async createTenant(by, ask) {
      if (!isOrganizationNumber(ask.orgno))
        throw new Problem('organization-number-invalid', 'The check digit is wrong', {
          errors: [
            {
              field: '/orgno',
              code: 'organization-number-invalid',
              detail: 'needs nine digits with a right check digit',
            },
          ],
        });
      await check(ask);
      const now = clock.now();
      const { expiringDays, ...rest } = ask;
      const tenant: Tenant = {
        id: ids.uuid(),
        ...rest,
        status: 'active',
        createdAt: now,
        updatedAt: now,
        ...(expiringDays === undefined ? {} : { expiringDays }),
      };
      const hmacKey = sealing.seal(
        { tenantId: tenant.id, table: 'tenants', column: 'hmac_key', row: tenant.id },
        randomBytes(32),
      );
      await store.asOperator(async (rows) => {
        await rows.tenants.add(tenant, hmacKey);
        await lookSoon(rows, { tenantId: tenant.id });
        await rows.audit.add(
          auditEntry(parts, by, 'tenant.created', tenant.id, { orgno: tenant.orgno, name: tenant.name }, tenant.id),
        );
      });
      return tenant;
    },
    async changeTenant(by, id, change) {
      await check(change);
      const changed = (before: Tenant): Tenant => {
        if (change.redirectUrls !== undefined) mayRedirect(by, before, change.redirectUrls);
        const { expiringDays, ...tenant } = before;
        const days = change.expiringDays === undefined ? expiringDays : (change.expiringDays ?? undefined);
        return {
          ...tenant,
          ...(change.name === undefined ? {} : { name: change.name }),
          ...(change.redirectUrls === undefined ? {} : { redirectUrls: change.redirectUrls }),
          ...(change.services === undefined ? {} : { services: change.services }),
          ...(days === undefined ? {} : { expiringDays: days }),
        };
      };
      return alter(by, id, 'tenant.changed', changed, async (rows) => {
        if (change.services !== undefined) await lookSoon(rows, { tenantId: id });
      });
    },
    readTenant: (_by, id) => store.asOperator((rows) => mustFind(rows, id)),
    listTenants: (_by, page) => store.asOperator((rows) => rows.tenants.list(page)),
    listTokenUse: (_by, id, ask, page) =>
      store.asOperator(async (rows) => {
        await mustFind(rows, id);
        return rows.tokenCounts.list(id, ask, page);
      }),
    async suspendTenant(by, id) {
      return alter(
        by,
        id,
        'tenant.suspended',
        (tenant) => ({ ...tenant, status: 'suspended' }),
        (rows) => rows.tenants.dropTokens(id),
      );
    },
    resumeTenant: (by, id) =>
      alter(
        by,
        id,
        'tenant.resumed',
        (tenant) => ({ ...tenant, status: 'active' }),
        async (rows) => {
          await rows.tenants.wake(id, clock.now());
          await lookSoon(rows, { tenantId: id, all: true });
        },
      ),
  };
};
