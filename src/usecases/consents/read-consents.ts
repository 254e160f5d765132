import type { Consent } from '../../domain/consent.ts';
import { isOrganizationNumber, isPersonNumber } from '../../domain/party.ts';
import { Problem } from '../../domain/problem.ts';
import { auditEntry } from '../audit.ts';
import type { Parts } from '../memory.ts';
import type { UseCases } from '../use-cases.ts';
import { waitFor } from '../wait.ts';
import { partyLookup } from './parties.ts';

/** @throws Problem `consent-not-found`, also for another tenant's */
export const readConsent =
  ({ store }: Pick<Parts, 'store'>): UseCases['readConsent'] =>
  async ({ caller }, id) => {
    const found = await store.asTenant(caller.tenantId, (rows) => rows.consents.find(id));
    if (!found) throw new Problem('consent-not-found', 'No consent with this id');
    return found.consent;
  };

export const settledConsent =
  ({ store, notices }: Pick<Parts, 'store' | 'notices'>): UseCases['settledConsent'] =>
  async (by, consent, waitMs) => {
    if (consent.status !== 'queued' || waitMs <= 0) return consent;
    let latest: Consent = consent;
    await waitFor(notices, `consent:${consent.id}`, waitMs, async () => {
      latest = await readConsent({ store })(by, consent.id);
      return latest.status === 'queued' ? undefined : latest;
    });
    return latest;
  };

export const listConsents =
  ({ store }: Pick<Parts, 'store'>): UseCases['listConsents'] =>
  ({ caller }, filter, page) =>
    store.asTenant(caller.tenantId, (rows) => rows.consents.list(filter, page));

/** A look at a person's consents: it is audited, without the number. */
export const searchConsents =
  (parts: Parts): UseCases['searchConsents'] =>
  async (by, party, page) => {
    const { tenantId } = by.caller;
    const right = 'person' in party ? isPersonNumber(party.person) : isOrganizationNumber(party.organization);
    if (!right) {
      const [code, field] =
        'person' in party
          ? (['person-number-invalid', '/person'] as const)
          : (['organization-number-invalid', '/organization'] as const);
      throw new Problem(code, 'The check digits are wrong', {
        errors: [{ field, code, detail: 'has wrong check digits' }],
      });
    }
    const known = await parts.memories.tenant.get(tenantId);
    if (!known) throw new Problem('unauthorized', 'The tenant is gone');
    return parts.store.asTenant(tenantId, async (rows) => {
      const found = await rows.consents.list({ partyLookup: partyLookup(known.hmacKey, party) }, page);
      const details = { kind: 'person' in party ? 'person' : 'organization', found: found.items.length };
      await rows.audit.add(auditEntry(parts, by, 'consent.searched', tenantId, details, tenantId));
      return found;
    });
  };
