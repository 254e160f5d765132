import { Problem } from '../../domain/problem.ts';
import { isMeant, type Standing, type StandingFilter, standingOf } from '../../domain/readiness.ts';
import { toPage } from '../../lib/page.ts';
import type { TenantStanding } from '../access-port.ts';
import { auditEntry } from '../audit.ts';
import type { Parts } from '../memory.ts';
import type { Page, PageAsk, Tenant, UseCases } from '../use-cases.ts';
import { houseNow, lookAtOnce, readinessOf } from './readiness.ts';
import { type House, readinessFrom } from './steps.ts';

/** Where a page ended: a tenant's id, and the key of the last of its services that was told. */
const cursorOf = ({ tenant, service }: Standing): string => `${tenant.id} ${service}`;

/** Tenants that are read at a time where a filter may leave few of them. */
const most = 500;

/** A tenant's services in the order of their keys. */
const standingsOf = (house: House, found: TenantStanding, filter: StandingFilter): Standing[] => {
  const { id, orgno, name, status } = found.tenant;
  // Of one that leaves nobody is to move.
  if (status === 'offboarding' || status === 'offboarded') return [];
  return readinessFrom(house, found)
    .services.map((readiness) => standingOf({ id, orgno, name, status }, readiness, filter))
    .toSorted((a, b) => (a.service < b.service ? -1 : 1));
};

/** A page of what each tenant lacks, a line for each of its services. */
export const pageOfStandings = async (
  { standings }: Pick<Parts['store'], 'standings'>,
  house: House,
  filter: StandingFilter,
  { cursor, limit }: PageAsk,
): Promise<Page<Standing>> => {
  const [lastTenant, lastService] = cursor?.split(' ') ?? [];
  const told: Standing[] = [];
  const many = Object.values(filter).some((value) => value !== undefined) ? most : limit + 1;
  // The tenant that the page before ended in may have more.
  let found = await standings(lastTenant === undefined ? undefined : { at: lastTenant }, many);
  for (;;) {
    for (const one of found.flatMap((tenant) => standingsOf(house, tenant, filter))) {
      const isTold = one.tenant.id === lastTenant && one.service <= (lastService ?? '');
      if (!isTold && isMeant(one, filter)) told.push(one);
    }
    const last = found.at(-1)?.tenant.id;
    if (told.length > limit || last === undefined || found.length < many) return toPage(told, limit, cursorOf);
    found = await standings({ after: last }, many);
  }
};

/** Whose move it is, over all tenants: for the operator. */
export const tenantsReadiness = (
  parts: Parts,
): Pick<UseCases, 'listReadiness' | 'readTenantReadiness' | 'checkTenantReadiness'> => {
  const { store } = parts;
  const find = async (id: string): Promise<Tenant> => {
    const found = await store.asOperator((rows) => rows.tenants.find(id));
    if (!found) throw new Problem('tenant-not-found', 'No tenant with this id');
    const { hmacKeySealed: _, ...tenant } = found;
    return tenant;
  };
  return {
    listReadiness: async (_by, filter, page) => pageOfStandings(store, await houseNow(parts), filter, page),
    readTenantReadiness: async (_by, id) => readinessOf(parts)(await find(id)),
    async checkTenantReadiness(by, id) {
      const tenant = await find(id);
      if (tenant.status === 'suspended')
        throw new Problem('tenant-suspended', 'Nobody is asked for a tenant that is suspended: resume it first');
      if (tenant.offboardingAt) throw new Problem('tenant-offboarded', 'It is leaving, or has left');
      return lookAtOnce(parts)(tenant, auditEntry(parts, by, 'readiness.checked', id, {}, id));
    },
  };
};
