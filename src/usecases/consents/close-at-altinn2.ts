import type { Consent } from '../../domain/consent.ts';
import { nextLostLook } from '../../domain/pace.ts';
import { Problem } from '../../domain/problem.ts';
import type { Parts } from '../memory.ts';
import type { findLostRequest } from './lost-request.ts';
import { type Calling, callingAltinn2 } from './upstream.ts';

/**
 * A consent that ended with us is taken back at Altinn 2 as well: the request while nobody has answered it, or else what was
 * given. One that may have got there is looked for first. Altinn may know of nothing to take back any more: as good.
 */
export const closeAtAltinn2 = (
  { clock, store, settings, altinn2, log }: Pick<Parts, 'clock' | 'store' | 'settings' | 'altinn2' | 'log'>,
  calling: Calling,
  findLost: ReturnType<typeof findLostRequest>,
) => {
  const asking = callingAltinn2({ settings }, calling);
  const unlessRefused = async (taking: Promise<void>): Promise<boolean> => {
    try {
      await taking;
      return true;
    } catch (error) {
      if (error instanceof Problem && (error.code === 'altinn-refused' || error.code === 'consent-not-at-altinn'))
        return false;
      throw error;
    }
  };
  const takeBack = async (tenantId: string, code: string, signal: AbortSignal): Promise<void> => {
    const withdrawn = await unlessRefused(
      asking(tenantId, 'requests', signal, (token) => altinn2.withdraw(code, token, signal)),
    );
    if (withdrawn) return;
    const givenBack = await unlessRefused(
      asking(tenantId, 'tokens', signal, (token) => altinn2.giveBack(code, token, signal)),
    );
    // A key or token that is not taken is refused in the same words: then its list is not shown either, and all is tried again.
    if (!givenBack)
      await asking(tenantId, 'requests', signal, (token) => altinn2.list({ after: clock.now() }, token, signal));
  };

  return async (consent: Consent, signal: AbortSignal): Promise<{ nextAt: Date } | undefined> => {
    const { tenantId, id, sentAt } = consent;
    let code = consent.upstreamId;
    if (code === undefined && sentAt) {
      const lost = await findLost(consent, signal);
      if (!lost) {
        const nextAt = nextLostLook(sentAt, clock.now(), settings.altinn2.lostAfterMs);
        if (nextAt) return { nextAt };
        log.warn({ tenantId, consentId: id }, 'altinn 2 may have a request that was withdrawn here: it was not found');
        return undefined;
      }
      const { id: foundId } = lost;
      await store.asTenant(tenantId, (rows) => rows.consents.isAtAltinn(id, foundId));
      code = foundId;
    }
    if (code !== undefined) await takeBack(tenantId, code, signal);
    await store.asTenant(tenantId, (rows) => rows.consents.isClosedAtAltinn(id));
    return undefined;
  };
};
