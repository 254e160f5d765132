import { type Seen, toldOf } from '../../domain/delegations.ts';
import { releaseEveryMs } from '../../domain/pace.ts';
import { Problem } from '../../domain/problem.ts';
import { scopesNamed } from '../../domain/token.ts';
import type { FindDelegations } from '../asking-port.ts';
import { nobodysTenant } from '../jobs.ts';
import type { Parts } from '../memory.ts';
import { activeTenants } from '../tenants/active-tenants.ts';
import { openAdminTokens } from '../tokens/admin-token.ts';
import { signingKeys } from '../tokens/signing-keys.ts';
import type { Tenant, Work } from '../use-cases.ts';
import { accessNames } from './access-names.ts';
import { oweProof } from './owe-proof.ts';

/** What was seen is kept under that name; another way sees other things. */
const keptSeen = (from: string): string => `delegations ${from}`;
/**
 * Looks which delegations there are, where somebody may tell the operator: one call a scope for all tenants, and never two at
 * once. It is a hint and no proof: where it says otherwise than what is known, a token is asked for, and what that says counts.
 * Access that is seen gone loses its tokens first, since one that is at hand proves nothing any more.
 */
export const readDelegations = (parts: Parts): Work => {
  const { clock, store, memories, settings, delegations, log } = parts;
  const tokens = openAdminTokens({ ...parts, clients: memories.clients, keyOf: signingKeys(parts) });

  const prove = oweProof(parts);
  const namesOf = async ({ services }: Tenant): Promise<Set<string>> =>
    accessNames(settings, await memories.services(), services);

  /**
   * As far as it is told now; what could not be read stays as it was seen before. Readiness does not need it, for probes find out
   * as well, only later: nothing fails by it, and it is looked at again at its pace.
   */
  const look = async (
    from: FindDelegations,
    tenants: readonly Tenant[],
    before: Seen,
    signal: AbortSignal,
  ): Promise<Seen> => {
    const seen: Record<string, readonly string[]> = {};
    const names = new Set((await Promise.all(tenants.map(namesOf))).flatMap((all) => [...all]));
    let isAway = false;
    for (const scope of new Set([...names].flatMap(scopesNamed))) {
      const known = before[scope];
      try {
        const found = isAway ? known : await from.consumersOf(scope, await tokens(from.scope, signal), signal);
        const has = new Set(found);
        if (found) seen[scope] = tenants.map(({ orgno }) => orgno).filter((orgno) => has.has(orgno));
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        // The rest would meet the same.
        isAway = true;
        if (known) seen[scope] = known;
        log.warn({ from: from.from, problem: error.code, detail: error.detail }, 'delegations could not be read');
      }
    }
    return seen;
  };

  /** Answers how many of this tenant's access rows are to be found out. */
  const tellTenant = async (tenant: Tenant, before: Seen, seen: Seen, dueAt: Date): Promise<number> => {
    const names = await namesOf(tenant);
    const known = await store.listAccess(tenant.id);
    const of = (name: string) => known.find((access) => access.kind === 'scope' && access.name === name);
    const told = [...names].flatMap((name) => {
      const what = toldOf({ name, orgno: tenant.orgno, access: of(name) }, before, seen);
      return what ? [{ name, what }] : [];
    });
    if (told.length === 0) return 0;
    await store.asTenant(tenant.id, async (rows) => {
      for (const { name, what } of told)
        await prove(rows, name, dueAt, what === 'gone' ? 'access-not-delegated' : undefined);
    });
    return told.length;
  };

  return async (_subject, signal) => {
    if (!delegations) return undefined;
    const name = keptSeen(delegations.from);
    const tenants = await activeTenants(store);
    const before = ((await store.asOperator((rows) => rows.known.read(name))) as Seen | undefined) ?? {};
    const seen = await look(delegations, tenants, before, signal);
    let owed = 0;
    // A list that changed as a whole must not end in a flood at Maskinporten.
    for (const tenant of tenants) {
      const dueAt = new Date(clock.now().getTime() + owed * releaseEveryMs);
      owed += await tellTenant(tenant, before, seen, dueAt);
    }
    await store.asOperator((rows) => rows.known.keep(name, seen, clock.now()));
    const told = { from: delegations.from, scopes: Object.keys(seen).length, owed };
    log[owed > 0 ? 'info' : 'debug'](told, 'delegations read');
    return { nextAt: new Date(clock.now().getTime() + settings.delegationsEveryMs) };
  };
};

/** Each worker that starts makes sure that it is owed, where there is a way. */
export const oweDelegations = async ({
  clock,
  store,
  delegations,
}: Pick<Parts, 'clock' | 'store' | 'delegations'>): Promise<void> => {
  if (!delegations) return;
  await store.asOperator((rows) =>
    rows.outbox.owe('read-delegations', nobodysTenant, nobodysTenant, clock.now(), clock.now()),
  );
};
