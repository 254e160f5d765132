import type { Access } from '../../domain/access.ts';
import { nextProbe, unpromptedLook } from '../../domain/pace.ts';
import type { LooksOf } from '../access-port.ts';
import { scopesOf } from '../consents/upstream.ts';
import type { Parts } from '../memory.ts';
import type { OperatorRows, TenantRows } from '../store-port.ts';

/**
 * Owes the next look at a tenant's access: soon while consents wait for it, and now and then where nobody does, so that what
 * came or went is noticed. Of a service nothing tells but a consent.
 */
export const oweNextLook =
  ({ settings }: Pick<Parts, 'settings'>) =>
  async (rows: Pick<TenantRows, 'consents' | 'outbox'>, access: Access, now: Date): Promise<void> => {
    const isAwaited = access.state === 'missing' && (await rows.consents.oldestBlockedOn(access.id)) !== undefined;
    if (!isAwaited && (access.kind === 'service' || settings.probesPerSecond === 0)) return;
    const at = isAwaited ? nextProbe(access.probes, now) : unpromptedLook(access, now);
    await rows.outbox.owe('probe-access', access.id, at, now);
  };

/** All that tenants need tokens of for their services is looked at soon, where no look is owed yet; `all`: whatever is owed. */
export const oweLooks =
  ({ clock, settings }: Pick<Parts, 'clock' | 'settings'>) =>
  async (rows: Pick<OperatorRows, 'access'>, of: LooksOf = {}): Promise<number> => {
    if (settings.probesPerSecond === 0) return 0;
    const own = { altinn3: scopesOf(settings, 'altinn3'), altinn2: scopesOf(settings, 'altinn2') };
    return rows.access.oweLooks(of, own, clock.now());
  };
