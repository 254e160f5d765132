import { weighed } from '../lib/person-number.ts';

export { isPersonNumber } from '../lib/person-number.ts';

/** Who is asked: a person by national identity number (eleven digits) or an organisation by its number (nine digits). */
export type Party = { person: string } | { organization: string };

/** Nine digits; a control of ten never matches. */
export const isOrganizationNumber = (text: string): boolean =>
  /^\d{9}$/.test(text) && (11 - weighed(text, [3, 2, 7, 6, 5, 4, 3, 2])) % 11 === Number(text[8]);

export const partyNumber = (party: Party): string => ('person' in party ? party.person : party.organization);

/** As Altinn and Maskinporten write it. */
export const partyUrn = (party: Party): string =>
  'person' in party
    ? `urn:altinn:person:identifier-no:${party.person}`
    : `urn:altinn:organization:identifier-no:${party.organization}`;
