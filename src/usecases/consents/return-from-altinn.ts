import type { Consent } from '../../domain/consent.ts';
import { isRegistered, redirectKind, returnAddress } from '../../domain/redirect.ts';
import type { Parts } from '../memory.ts';
import type { UseCases } from '../use-cases.ts';
import { waitFor } from '../wait.ts';
import { stateDigest } from './state.ts';

/** A browser waits no longer than this; the tenant is told by an event all the same. */
const patienceMs = 3000;

/**
 * A browser is back from Altinn. What it says is a hint and no more: the consent is read at Altinn by a worker, and the
 * browser goes on with what is known by then. May be called again and again; Altinn is asked at most every two seconds.
 *
 * It is sent on only where the tenant may send browsers today: what was registered when the consent was asked for may
 * have been taken back since, and a suspended tenant gets nobody.
 */
export const returnFromAltinn = ({
  clock,
  store,
  notices,
  memories,
  settings,
}: Parts): UseCases['returnFromAltinn'] => {
  const mayGoTo = async ({ tenantId, redirectUrl }: Consent): Promise<boolean> => {
    const known = await memories.tenant.get(tenantId);
    return known?.tenant.status === 'active' && isRegistered(redirectUrl, known.tenant.redirectUrls);
  };
  return async (state) => {
    const known = await store.callbackState(stateDigest(state));
    if (!known) return undefined;
    const { tenantId, consentId } = known;
    const cameAt = clock.now();
    const before = await store.asTenant(tenantId, async (rows) => {
      const found = await rows.consents.find(consentId);
      if (found?.consent.status === 'pending' && (await rows.consents.returned(consentId, cameAt)))
        await rows.outbox.owe('read-consent', consentId, cameAt, cameAt);
      return found?.consent;
    });
    if (!before || !(await mayGoTo(before))) return undefined;
    let latest = before;
    if (before.status === 'pending') {
      const seen = await waitFor(notices, {
        topic: `consent:${consentId}`,
        timeoutMs: patienceMs,
        tenantId,
        look: () => store.findConsent(tenantId, consentId),
        // Read since the browser came, and still not answered: waiting on would show nothing else.
        isEnough: (found) => {
          const { status, lookedAt } = found?.consent ?? before;
          return status !== 'pending' || (lookedAt !== undefined && lookedAt >= cameAt);
        },
      });
      latest = seen?.consent ?? before;
    }
    const kind = redirectKind(latest.redirectUrl, settings.production);
    return kind && { address: returnAddress(latest.redirectUrl, consentId, latest.status), kind };
  };
};
