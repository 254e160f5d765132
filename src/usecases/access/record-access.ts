import type { Access } from '../../domain/access.ts';
import { problemView } from '../../domain/consent-view.ts';
import { nextProbe, releaseEveryMs } from '../../domain/pace.ts';
import type { KeptProblem } from '../../domain/problem.ts';
import type { Parts } from '../memory.ts';
import type { TenantRows } from '../store-port.ts';

/** So long nobody asks again for a token of a scope that was just found missing. */
const believedMs = 10_000;

/** `askedAt`: when the question went out. What changed since then, the answer may not know. */
type Found = Pick<Access, 'kind' | 'name'> & { problem?: KeptProblem; askedAt?: Date };

/** Has the tenant or the API's owner taken it away, or not given it? Anything else is our own client's trouble. */
export const isTheirs = (problem: Pick<KeptProblem, 'mover'> | undefined): boolean =>
  problem?.mover === 'tenant' || problem?.mover === 'api-owner';

/** What tenants are told of a change: that access went or came by somebody's doing, and nothing of our own troubles. */
const newsOf = (before: Access, { state, problem }: Access): 'access.lost' | 'access.granted' | undefined => {
  if (state === 'granted') return before.state === 'missing' && isTheirs(before.problem) ? 'access.granted' : undefined;
  const wasThere = before.state === 'granted' || (before.state === 'missing' && !isTheirs(before.problem));
  return wasThere && isTheirs(problem) ? 'access.lost' : undefined;
};

/**
 * Notes what was found out about a tenant's access, unless a later question has been answered otherwise already. Events
 * follow transitions only; what the tenant lacks stays noted while our own client is refused. Access that is there again sends the consents that waited for it on their way, paced; access that
 * is missing owes the next probe, and where the tenant or the API owner has taken it away, no token of it is left.
 */
export const recordAccess =
  ({ clock, ids }: Pick<Parts, 'clock' | 'ids'>) =>
  async (rows: TenantRows, { kind, name, problem, askedAt }: Found): Promise<Access> => {
    const now = clock.now();
    const before = await rows.access.ensure(kind, name, ids.uuid(), now);
    const state = problem ? 'missing' : 'granted';
    const checkedAt = new Date(Math.max((askedAt ?? now).getTime(), before.checkedAt?.getTime() ?? 0));
    if (askedAt && askedAt < checkedAt && state !== before.state) return before;
    const { problem: _, ...rest } = before;
    const access: Access = {
      ...rest,
      state,
      ...(problem ? { problem: isTheirs(before.problem) && !isTheirs(problem) ? before.problem : problem } : {}),
      since: before.state === state ? before.since : now,
      checkedAt,
      probes: problem ? before.probes + 1 : 0,
    };
    await rows.access.save(access);
    if (kind === 'scope' && problem && isTheirs(problem))
      await rows.tokens.dropOfScope(name, problem, new Date(now.getTime() + believedMs));
    if (problem) await rows.outbox.owe('probe-access', access.id, nextProbe(kind, access.probes, now), now);
    // Also when it was granted before: a consent may have been blocked between a probe's answer and this note.
    else await rows.outbox.releaseBlockedOn(access.id, now, releaseEveryMs);
    const type = newsOf(before, access);
    const id = ids.uuid();
    const data = { access: { kind, name } };
    if (type === 'access.granted') await rows.events.append([{ id, type, data }], now);
    // Told as it stands in a consent and in the readiness of a service.
    if (type === 'access.lost' && problem)
      await rows.events.append([{ id, type, data: { ...data, problem: problemView(problem) } }], now);
    return access;
  };
