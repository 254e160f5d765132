import { Problem, type ProblemCode } from '../../domain/problem.ts';
import {
  isLanguage,
  planTenants,
  type TenantOutcome,
  type TenantPlan,
  type TenantRow,
} from '../../domain/tenant-import.ts';
import { fewAtOnce } from '../../lib/few-at-once.ts';
import type { ImportTenantsAsk } from '../many-tenants-verbs.ts';
import type { Parts } from '../memory.ts';
import type { ByOperator, Tenant, UseCases } from '../use-cases.ts';

/** Rows under way at once: the database has others to serve. */
const atOnce = 4;

type Verbs = Pick<UseCases, 'createTenant' | 'changeTenant' | 'inviteTenant' | 'listInvitations'>;

/** Somebody else was at it, or the catalogue has changed: the row's own affair. What concerns all of them is thrown on. */
const ownAffair = (error: unknown): { code: ProblemCode; why: string } => {
  if (!(error instanceof Problem) || error.code === 'database-unavailable') throw error;
  return { code: error.code, why: error.detail };
};

/**
 * Brings tenants in from a list, or only tells what that would do. Each row is a transaction of its own: where it breaks off, it
 * is repeated, and what was done then changes nothing.
 */
export const importTenants = (parts: Parts, verbs: Verbs): UseCases['importTenants'] => {
  const { store, memories, settings } = parts;

  const done = async (by: ByOperator, plan: Exclude<TenantPlan, { what: 'refused' }>): Promise<Tenant | undefined> => {
    if (plan.what === 'new') return verbs.createTenant(by, plan.tenant);
    if (plan.what === 'changed') return verbs.changeTenant(by, plan.id, plan.change);
    return store.asOperator((rows) => rows.tenants.find(plan.id));
  };

  /** Once, whatever became of it: sending it again is a wish of its own. */
  const isInvited = async (by: ByOperator, tenantId: string) => (await verbs.listInvitations(by, tenantId)).length > 0;

  /** The tenant is there already: what is in an invitation's way does not undo that. */
  const invited = async (
    by: ByOperator,
    tenantId: string,
    { language }: TenantRow,
    invite: ImportTenantsAsk['invite'],
  ): Promise<Pick<TenantOutcome, 'invitation' | 'notInvited'>> => {
    if (!invite || (await isInvited(by, tenantId))) return {};
    const spoken = language !== undefined && isLanguage(language) ? language : invite.language;
    try {
      const { id, link, expiresAt } = await verbs.inviteTenant(by, tenantId, { language: spoken });
      return { invitation: { id, link, expiresAt } };
    } catch (error) {
      const { code, why } = ownAffair(error);
      return { notInvited: { code, why } };
    }
  };

  const applied = async (
    by: ByOperator,
    plan: TenantPlan,
    invite: ImportTenantsAsk['invite'],
  ): Promise<TenantOutcome> => {
    if (plan.what === 'refused') return plan;
    try {
      const tenant = await done(by, plan);
      if (!tenant) throw new Problem('tenant-not-found', 'it is gone since a moment ago');
      return { ...plan, tenantId: tenant.id, ...(await invited(by, tenant.id, plan.row, invite)) };
    } catch (error) {
      return { row: plan.row, what: 'refused', ...ownAffair(error) };
    }
  };

  const foreseen = async (
    by: ByOperator,
    plan: TenantPlan,
    invite: ImportTenantsAsk['invite'],
  ): Promise<TenantOutcome> => {
    if (plan.what === 'refused') return plan;
    const tenantId = plan.what === 'new' ? {} : { tenantId: plan.id };
    const invites = invite && (plan.what === 'new' || !(await isInvited(by, plan.id)));
    return { ...plan, ...tenantId, ...(invites ? { invites: true } : {}) };
  };

  return async (by, { rows, dryRun, invite }) => {
    memories.forget();
    const plan = planTenants(rows, {
      standing: await store.asOperator((all) => all.tenants.findByOrgnos(rows.map(({ orgno }) => orgno))),
      services: new Set((await memories.services()).keys()),
      production: settings.production,
      mayRedirect: by.caller.role === 'administrator',
    });
    const outcomes: TenantOutcome[] = [];
    await fewAtOnce(plan, atOnce, async (one, place) => {
      outcomes[place] = await (dryRun ? foreseen : applied)(by, one, invite);
    });
    return outcomes;
  };
};
