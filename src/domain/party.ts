/** Who is asked: a person by national identity number (eleven digits) or an organisation by its number (nine digits). */
export type Party = { person: string } | { organization: string };

const weighed = (digits: string, weights: number[]): number =>
  weights.reduce((sum, weight, place) => sum + weight * Number(digits[place]), 0) % 11;

/**
 * Check digits as Altinn verifies them, the rule from 2032 included (the first may come out of 11, 12, 13 or 14). Dates
 * are not looked at: synthetic numbers add to the month, D-numbers to the day.
 * @see docs/sources/altinn-3.md
 */
export const isPersonNumber = (text: string): boolean => {
  if (!/^\d{11}$/.test(text)) return false;
  const first = weighed(text, [3, 7, 6, 1, 8, 9, 4, 5, 2]);
  const second = (11 - weighed(text, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2])) % 11;
  return [11, 12, 13, 14].some((base) => (base - first) % 11 === Number(text[9])) && second === Number(text[10]);
};

/** Nine digits; a control of ten never matches. */
export const isOrganizationNumber = (text: string): boolean =>
  /^\d{9}$/.test(text) && (11 - weighed(text, [3, 2, 7, 6, 5, 4, 3, 2])) % 11 === Number(text[8]);

export const partyNumber = (party: Party): string => ('person' in party ? party.person : party.organization);

/** As Altinn and Maskinporten write it. */
export const partyUrn = (party: Party): string =>
  'person' in party
    ? `urn:altinn:person:identifier-no:${party.person}`
    : `urn:altinn:organization:identifier-no:${party.organization}`;
