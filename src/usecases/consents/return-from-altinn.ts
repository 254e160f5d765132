import { redirectKind, returnAddress } from '../../domain/redirect.ts';
import type { Parts } from '../memory.ts';
import type { UseCases } from '../use-cases.ts';
import { waitFor } from '../wait.ts';
import { stateDigest } from './submit-consent.ts';

/** A browser waits no longer than this; the tenant is told by an event all the same. */
const patienceMs = 3000;

/**
 * A browser is back from Altinn. What it says is a hint and no more: the consent is read at Altinn by a worker, and the
 * browser goes on with what is known by then. May be called again and again; Altinn is asked at most every two seconds.
 */
export const returnFromAltinn =
  ({ clock, store, notices, settings }: Parts): UseCases['returnFromAltinn'] =>
  async (state) => {
    const known = await store.asOperator((rows) => rows.callbackState(stateDigest(state)));
    if (!known) return undefined;
    const { tenantId, consentId } = known;
    const cameAt = clock.now();
    const before = await store.asTenant(tenantId, async (rows) => {
      const found = await rows.consents.find(consentId);
      if (found?.consent.status === 'pending') {
        await rows.consents.returned(consentId, cameAt);
        await rows.outbox.owe('read-consent', consentId, cameAt, cameAt);
      }
      return found?.consent;
    });
    if (!before) return undefined;
    let latest = before;
    if (before.status === 'pending')
      await waitFor(notices, `consent:${consentId}`, patienceMs, async () => {
        const found = await store.asTenant(tenantId, (rows) => rows.consents.find(consentId));
        latest = found?.consent ?? latest;
        // Read since the browser came, and still not answered: waiting on would show nothing else.
        return latest.status !== 'pending' || (latest.lookedAt && latest.lookedAt >= cameAt) ? true : undefined;
      });
    const kind = redirectKind(latest.redirectUrl, settings.production);
    return kind && { address: returnAddress(latest.redirectUrl, consentId, latest.status), kind };
  };
