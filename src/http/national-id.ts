import { isPersonNumber } from '../domain/party.ts';
import { Problem } from '../domain/problem.ts';
import { holdsNationalId } from '../lib/mask.ts';

/** Some uuids end in eleven digits after a letter: they are ours or the caller's, and no person's. */
const uuid = /(?<![0-9a-f])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f])/gi;

/** Does this text hold eleven digits that look like a national identity number, plain or percent-encoded? */
export const looksNational = (text: string): boolean =>
  holdsNationalId(text) && holdsNationalId(text.replace(uuid, ''));

/**
 * For texts people write, which events repeat: only a number with right check digits is one, since account and loan
 * numbers have eleven digits too.
 */
export const namesPerson = (text: string): boolean =>
  holdsNationalId(text) && (text.match(/(?<!\d)\d{11}(?!\d)/g) ?? []).some(isPersonNumber);

/** Addresses end up in logs everywhere, so they are looked at before anything else. @throws Problem `national-id-not-allowed` */
export const refuseNationalId = (path: string, query: string): void => {
  for (const [field, text] of [
    ['path', path],
    ['query', query],
  ] as const)
    if (looksNational(text))
      throw new Problem('national-id-not-allowed', `The ${field} holds what looks like a national identity number`, {
        errors: [{ field, code: 'national-id-not-allowed', detail: 'must not hold a national identity number' }],
      });
};
