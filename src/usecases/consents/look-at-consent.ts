import { nextLook, readAtMostEveryMs } from '../../domain/pace.ts';
import { Problem } from '../../domain/problem.ts';
import type { Parts } from '../memory.ts';
import type { TokenFor } from '../tokens/token-for.ts';
import { withToken } from '../tokens/with-token.ts';
import type { Work } from '../use-cases.ts';
import { changeConsent } from './change-consent.ts';

/**
 * Reads one consent at Altinn, which alone knows what a person answered, and lets the answer change ours. Looks again at
 * the pace of its age; at its end it expires here, since Altinn has no status for that.
 */
export const lookAtConsent = (parts: Parts, tokenFor: TokenFor): Work => {
  const { clock, store, settings, altinn3 } = parts;
  const change = changeConsent(parts);
  const calling = withToken(parts, tokenFor);
  return async ({ tenantId, subjectId: id }, signal) => {
    const found = await store.findConsent(tenantId, id);
    if (!found) return undefined;
    const { consent } = found;
    if (consent.status !== 'pending' && consent.status !== 'accepted') return undefined;
    const ends = consent.validTo <= clock.now();
    const expire = () => store.asTenant(tenantId, (rows) => change(rows, id, { kind: 'expired' }));
    if (ends && consent.status === 'accepted') {
      await expire();
      return undefined;
    }
    const soonest = (consent.lookedAt?.getTime() ?? 0) + readAtMostEveryMs;
    if (!ends && soonest > clock.now().getTime()) return { nextAt: new Date(soonest) };
    try {
      const need = { tenantId, scope: settings.consentScope };
      const { status, consentedAt } = await calling(need, signal, (token) => altinn3.read(id, token, signal));
      const after = await store.asTenant(tenantId, async (rows) => {
        await rows.consents.looked(id, clock.now());
        return change(
          rows,
          id,
          { kind: 'upstream', status, ...(consentedAt ? { consentedAt } : {}) },
          ...(ends ? [{ kind: 'expired' } as const] : []),
        );
      });
      return after && !after.endedAt ? { nextAt: nextLook(after, clock.now()) } : undefined;
    } catch (error) {
      // At its end it expires, whether or not Altinn can be asked what became of it.
      if (!ends || !(error instanceof Problem)) throw error;
      await expire();
      return undefined;
    }
  };
};

/** The national number of a consent goes a configured time after its end. */
export const eraseConsent =
  ({ store }: Pick<Parts, 'store'>): Work =>
  async ({ tenantId, subjectId }) => {
    await store.asTenant(tenantId, (rows) => rows.consents.erase(subjectId));
    return undefined;
  };
