import type { Access } from '../../domain/access.ts';
import { nextProbe } from '../../domain/pace.ts';
import type { KeptProblem } from '../../domain/problem.ts';
import type { Parts } from '../memory.ts';
import type { TenantRows } from '../store-port.ts';

/** Between two consents that go on once access is there: a long wait must not end in a flood. */
const releaseEveryMs = 50;

/** So long nobody asks again for a token of a scope that was just found missing. */
const believedMs = 10_000;

/** `askedAt`: when the question went out. What changed since then, the answer may not know. */
type Found = Pick<Access, 'kind' | 'name'> & { problem?: KeptProblem; askedAt?: Date };

/**
 * Notes what was found out about a tenant's access, unless a later question has been answered otherwise already. Events
 * follow transitions only; access that is there again sends the consents that waited for it on their way, paced; access that
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
      ...(problem ? { problem } : {}),
      since: before.state === state ? before.since : now,
      checkedAt,
      probes: problem ? before.probes + 1 : 0,
    };
    await rows.access.save(access);
    if (kind === 'scope' && problem && (problem.mover === 'tenant' || problem.mover === 'api-owner'))
      await rows.tokens.dropOfScope(name, problem, new Date(now.getTime() + believedMs));
    if (problem) await rows.outbox.owe('probe-access', access.id, nextProbe(kind, access.probes, now), now);
    // Also when it was granted before: a consent may have been blocked between a probe's answer and this note.
    else await rows.outbox.releaseBlockedOn(access.id, now, releaseEveryMs);
    if (before.state === 'missing' && state === 'granted')
      await rows.events.append([{ id: ids.uuid(), type: 'access.granted', data: { access: { kind, name } } }], now);
    if (before.state === 'granted' && state === 'missing')
      await rows.events.append(
        [{ id: ids.uuid(), type: 'access.lost', data: { access: { kind, name }, problem } }],
        now,
      );
    return access;
  };
