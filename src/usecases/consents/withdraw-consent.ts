import { isOpen } from '../../domain/consent.ts';
import { Problem } from '../../domain/problem.ts';
import { auditEntry } from '../audit.ts';
import type { Parts } from '../memory.ts';
import type { UseCases } from '../use-cases.ts';
import { changeConsent } from './change-consent.ts';

/**
 * Final in the hub: no token, no data. Altinn 3 cannot take a request back, so `upstream` says whether the person still
 * sees it there. Withdrawing twice is harmless.
 *
 * @throws Problem `consent-not-found`, `consent-ended` when it ended in another way
 */
export const withdrawConsent =
  (parts: Parts): UseCases['withdrawConsent'] =>
  async (by, id) => {
    const withdrawn = await parts.store.asTenant(by.caller.tenantId, async (rows) => {
      const before = await rows.consents.lock(id);
      if (!before) throw new Problem('consent-not-found', 'No consent with this id');
      if (before.status === 'withdrawn') return before;
      if (!isOpen(before)) throw new Problem('consent-ended', `The consent is ${before.status}`, { consentId: id });
      await rows.audit.add(auditEntry(parts, by, 'consent.withdrawn', id, {}, by.caller.tenantId));
      const mayBeAtAltinn = await rows.consents.mayBeAtAltinn(id);
      const after = await changeConsent(parts)(rows, id, { kind: 'withdrawn', mayBeAtAltinn });
      return after ?? before;
    });
    // Other processes hear of it in a moment.
    parts.memories.grants.forget(by.caller.tenantId, id);
    return withdrawn;
  };
