import type { KeyObject } from 'node:crypto';
import { type Party, partyNumber } from '../../domain/party.ts';
import { hmac, type Place, type SealingRing } from '../../lib/seal.ts';
import type { Submission } from '../altinn-port.ts';

/** Whom a consent is about, with the names that Altinn 2 wants: what is sealed beside each consent. */
export type Parties = {
  from: Party;
  fromName?: string | undefined;
  requiredDelegator?: Party | undefined;
  requiredDelegatorName?: string | undefined;
};

const place = (tenantId: string, consentId: string): Place => ({
  tenantId,
  table: 'consents',
  column: 'party_sealed',
  row: consentId,
});

export const sealParties = (sealing: SealingRing, tenantId: string, consentId: string, parties: Parties): Uint8Array =>
  sealing.seal(place(tenantId, consentId), JSON.stringify(parties));

export const openParties = (
  sealing: SealingRing,
  tenantId: string,
  consentId: string,
  sealed: Uint8Array,
): Pick<Submission, 'from' | 'fromName' | 'requiredDelegator' | 'requiredDelegatorName'> =>
  JSON.parse(sealing.open(place(tenantId, consentId), sealed).toString());

/** Finds a person's consents without keeping the number: an HMAC with the tenant's own key. */
export const partyLookup = (hmacKey: KeyObject, party: Party): Uint8Array =>
  hmac(hmacKey, 'party', `${'person' in party ? 'person' : 'organization'}:${partyNumber(party)}`);
