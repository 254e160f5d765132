import { lookUpConsent } from '../altinn3/look-up-consent.ts';
import type { Altinn3 } from '../altinn3/state.ts';
import { isOrgno, isPersonNumber } from '../check-digits.ts';
import { GrantRefused } from './refusals.ts';

const fields: Record<string, readonly string[]> = {
  'urn:altinn:consent': ['type', 'id', 'from'],
  'urn:altinn:systemuser': ['type', 'systemuser_org', 'externalRef'],
};

const partyForm = /^urn:altinn:(person|organization):identifier-no:(\d+)$/;

const isParty = (text: unknown): text is string => {
  const [, kind, number = ''] = (typeof text === 'string' && partyForm.exec(text)) || [];
  return kind === 'person' ? isPersonNumber(number) : kind === 'organization' && isOrgno(number);
};

/**
 * Check 14. A consent is looked up at Altinn with the *consumer* as receiver, as docs.digdir.no says for delegated
 * scopes, and its content goes into the token.
 *
 * How Maskinporten words a consent that cannot be used is not documented: MP-303 with 400 is an assumption, and so is
 * that the reason (Altinn's AM code) is not told. There are no system users in the sandbox, so that type never passes.
 */
export const enrichedDetails = (
  altinn: Altinn3,
  details: Record<string, unknown>[] | undefined,
  consumer: string,
): object[] | undefined => {
  if (!details) return undefined;
  for (const detail of details) {
    const known = typeof detail.type === 'string' ? fields[detail.type] : undefined;
    if (!known) throw new GrantRefused('MP-301');
    if (Object.keys(detail).some((name) => !known.includes(name))) throw new GrantRefused('MP-302');
  }
  // One consent, and one system user, per grant.
  const [detail, second] = details;
  if (second !== undefined || detail?.type !== 'urn:altinn:consent') throw new GrantRefused('MP-303');
  const { id, from } = detail;
  if (typeof id !== 'string' || !isParty(from)) throw new GrantRefused('MP-303');
  if (altinn.settings.altinnLookupDown) throw new GrantRefused('altinn-down');

  const found = lookUpConsent(altinn, {
    id: id.toLowerCase(),
    from,
    to: `urn:altinn:organization:identifier-no:${consumer}`,
  });
  if ('refused' in found) throw new GrantRefused('MP-303');
  const { consented, validTo, consentRights } = found.consent;
  return [
    {
      type: 'urn:altinn:consent',
      id: found.consent.id,
      from: found.consent.from,
      to: { authority: 'iso6523-actorid-upis', ID: `0192:${consumer}` },
      consented,
      validTo,
      consentRights: consentRights.map(({ action, resource, metadata }) => ({
        action,
        resource,
        [altinn.settings.metadataCasing]: metadata,
      })),
    },
  ];
};
