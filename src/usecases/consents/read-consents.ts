import { isOrganizationNumber, isPersonNumber } from '../../domain/party.ts';
import { Problem } from '../../domain/problem.ts';
import { auditEntry } from '../audit.ts';
import type { Parts } from '../memory.ts';
import type { UseCases } from '../use-cases.ts';
import { waitFor } from '../wait.ts';
import { partyLookup } from './parties.ts';

/**
 * Who looked at whose consents is kept: each of these looks adds one entry to the audit, in the transaction that reads.
 *
 * @throws Problem `consent-not-found`, also for another tenant's
 */
export const readConsent =
  (parts: Parts): UseCases['readConsent'] =>
  (by, id) => {
    const { tenantId } = by.caller;
    return parts.store.asTenant(tenantId, async (rows) => {
      const found = await rows.consents.find(id);
      if (!found) throw new Problem('consent-not-found', 'No consent with this id');
      await rows.audit.add(auditEntry(parts, by, 'consent.read', id, {}, tenantId));
      return found.consent;
    });
  };

export const settledConsent =
  ({ store, notices }: Pick<Parts, 'store' | 'notices'>): UseCases['settledConsent'] =>
  async (by, consent, waitMs) => {
    if (consent.status !== 'queued' || waitMs <= 0) return consent;
    const { tenantId } = by.caller;
    const seen = await waitFor(notices, {
      topic: `consent:${consent.id}`,
      timeoutMs: waitMs,
      tenantId,
      seen: consent,
      look: async () => (await store.findConsent(tenantId, consent.id))?.consent,
      isEnough: (found) => found?.status !== 'queued',
    });
    return seen ?? consent;
  };

export const listConsents =
  (parts: Parts): UseCases['listConsents'] =>
  (by, filter, page) => {
    const { tenantId } = by.caller;
    return parts.store.asTenant(tenantId, async (rows) => {
      const found = await rows.consents.list(filter, page);
      const details = { ids: found.items.map(({ id }) => id) };
      await rows.audit.add(auditEntry(parts, by, 'consents.listed', tenantId, details, tenantId));
      return found;
    });
  };

/** By the look-up of whom was asked for, in place of the number: with it one finds who looked for a person, found or not. */
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
      const lookup = partyLookup(known.hmacKey, party);
      const found = await rows.consents.list({ partyLookup: lookup }, page);
      const details = {
        kind: 'person' in party ? 'person' : 'organization',
        lookup: Buffer.from(lookup).toString('base64url'),
        found: found.items.length,
        ids: found.items.map(({ id }) => id),
      };
      await rows.audit.add(auditEntry(parts, by, 'consent.searched', tenantId, details, tenantId));
      return found;
    });
  };
