import { Problem } from '../../domain/problem.ts';
import type { Clock } from '../../lib/clock.ts';
import type { TenantRows } from '../store-port.ts';

const windowMs = 60_000;
const mostInWindow = 60;

/**
 * What a tenant sends by hand goes out beside its schedule, at once and to an address of its choosing: so many a minute,
 * over all processes, counted by the audit.
 *
 * @throws Problem `too-many-requests`
 */
export const limitByHand = async (rows: TenantRows, { now }: Clock, action: string): Promise<void> => {
  const at = now().getTime();
  const { many, firstAt } = await rows.audit.since(action, new Date(at - windowMs));
  if (many < mostInWindow) return;
  const waitMs = (firstAt?.getTime() ?? at) + windowMs - at;
  throw new Problem('too-many-requests', `This can be done ${mostInWindow} times a minute`, {
    retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
  });
};
