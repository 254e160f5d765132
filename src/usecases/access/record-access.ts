import { type Access, accessAfter, accessNews, isTheirs } from '../../domain/access.ts';
import { problemView } from '../../domain/consent-view.ts';
import { releaseEveryMs } from '../../domain/pace.ts';
import type { KeptProblem } from '../../domain/problem.ts';
import type { Parts } from '../memory.ts';
import type { TenantRows } from '../store-port.ts';
import { oweNextLook } from './owe-look.ts';

/** So long nobody asks again for a token of a scope that was just found missing. */
const believedMs = 10_000;

/** `askedAt`: when the question went out. What changed since then, the answer may not know. */
type Found = Pick<Access, 'kind' | 'name'> & { problem?: KeptProblem; askedAt?: Date };

/**
 * Notes what was found out about a tenant's access, unless a later question has been answered otherwise already. Events
 * follow transitions only; what the tenant lacks stays noted while our own client is refused. Access that is there again sends
 * the consents that waited for it on their way, paced; the next look is owed either way, and where the tenant or the API owner
 * has taken it away, no token of it is left.
 */
export const recordAccess = (parts: Pick<Parts, 'clock' | 'ids' | 'settings'>) => {
  const { clock, ids } = parts;
  const oweNext = oweNextLook(parts);
  return async (rows: TenantRows, { kind, name, problem, askedAt }: Found): Promise<Access> => {
    const now = clock.now();
    const before = await rows.access.ensure(kind, name, ids.uuid(), now);
    const state = problem ? 'missing' : 'granted';
    const checkedAt = new Date(Math.max((askedAt ?? now).getTime(), before.checkedAt?.getTime() ?? 0));
    if (askedAt && askedAt < checkedAt && state !== before.state) return before;
    const access = accessAfter(before, { problem }, checkedAt, now);
    await rows.access.save(access);
    if (kind === 'scope' && problem && isTheirs(problem))
      await rows.tokens.dropOfScope(name, problem, new Date(now.getTime() + believedMs));
    // Also when it was granted before: a consent may have been blocked between a probe's answer and this note.
    if (!problem) await rows.outbox.releaseBlockedOn(access.id, now, releaseEveryMs);
    await oweNext(rows, access, now);
    const type = accessNews(before, access);
    const id = ids.uuid();
    const data = { access: { kind, name } };
    if (type === 'access.granted') await rows.events.append([{ id, type, data }], now);
    // Told as it stands in a consent and in the readiness of a service.
    if (type === 'access.lost' && problem)
      await rows.events.append([{ id, type, data: { ...data, problem: problemView(problem) } }], now);
    return access;
  };
};
