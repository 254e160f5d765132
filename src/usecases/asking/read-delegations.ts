import { type Seen, toldOf } from '../../domain/delegations.ts';
import { releaseEveryMs } from '../../domain/pace.ts';
import { Problem } from '../../domain/problem.ts';
import { scopesNamed } from '../../domain/token.ts';
import { linkedProblem } from '../access/problem-link.ts';
import { nobodysTenant } from '../jobs.ts';
import type { Parts } from '../memory.ts';
import { openAdminTokens } from '../tokens/admin-token.ts';
import { signingKeys } from '../tokens/signing-keys.ts';
import type { Tenant, Work } from '../use-cases.ts';
import { accessNames } from './access-names.ts';

/** What was seen is kept under that name; another way sees other things. */
const keptSeen = (from: string): string => `delegations ${from}`;
const pageSize = 200;

/** Every tenant that works, however many. */
const activeTenants = async ({ store }: Pick<Parts, 'store'>): Promise<Tenant[]> => {
  const all: Tenant[] = [];
  let cursor: string | undefined;
  do {
    const from: string | undefined = cursor;
    const page = await store.asOperator((rows) =>
      rows.tenants.list({ limit: pageSize, ...(from === undefined ? {} : { cursor: from }) }),
    );
    all.push(...page.items.filter(({ status }) => status === 'active'));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return all;
};

/**
 * Looks which delegations there are, where somebody may tell the operator: one call a scope for all tenants, and never two at
 * once. It is a hint and no proof: where it says otherwise than what is known, a token is asked for, and what that says counts.
 * Access that is seen gone loses its tokens first, since one that is at hand proves nothing any more.
 */
export const readDelegations = (parts: Parts): Work => {
  const { clock, ids, store, memories, settings, delegations, log } = parts;
  const tokens = openAdminTokens({ ...parts, clients: memories.clients, keyOf: signingKeys(parts) });

  const namesOf = async ({ services }: Tenant): Promise<Set<string>> =>
    accessNames(settings, await memories.services(), services);

  const look = async (tenants: readonly Tenant[], signal: AbortSignal): Promise<Seen> => {
    const seen: Record<string, readonly string[]> = {};
    const names = new Set((await Promise.all(tenants.map(namesOf))).flatMap((all) => [...all]));
    for (const scope of new Set([...names].flatMap(scopesNamed))) {
      const found = await delegations?.consumersOf(scope, await tokens(delegations.scope, signal), signal);
      if (found) seen[scope] = tenants.map(({ orgno }) => orgno).filter((orgno) => found.has(orgno));
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
      for (const { name, what } of told) {
        const now = clock.now();
        const access = await rows.access.ensure('scope', name, ids.uuid(), now);
        if (what === 'gone') {
          const problem = linkedProblem(
            settings,
            new Problem('access-not-delegated', 'Altinn shows no delegation any more.'),
          );
          // Believed until now, that is, by nobody: the probe asks at once.
          await rows.tokens.dropOfScope(name, problem, now);
        }
        await rows.outbox.owe('probe-access', access.id, dueAt, now);
      }
    });
    return told.length;
  };

  return async (_subject, signal) => {
    if (!delegations) return undefined;
    const nextAt = () => new Date(clock.now().getTime() + settings.delegationsEveryMs);
    const name = keptSeen(delegations.from);
    const tenants = await activeTenants(parts);
    try {
      const seen = await look(tenants, signal);
      const before = ((await store.asOperator((rows) => rows.known.read(name))) as Seen | undefined) ?? {};
      let owed = 0;
      // A list that changed as a whole must not end in a flood at Maskinporten.
      for (const tenant of tenants) {
        const dueAt = new Date(clock.now().getTime() + owed * releaseEveryMs);
        owed += await tellTenant(tenant, before, seen, dueAt);
      }
      await store.asOperator((rows) => rows.known.keep(name, seen, clock.now()));
      log[owed > 0 ? 'info' : 'debug'](
        { from: delegations.from, scopes: Object.keys(seen).length, owed },
        'delegations read',
      );
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      // Readiness needs it not: probes find out, only later. So nothing fails, and it is looked at again at its pace.
      log.warn({ from: delegations.from, problem: error.code, detail: error.detail }, 'delegations could not be read');
    }
    return { nextAt: nextAt() };
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
