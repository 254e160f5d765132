import { isPersonNumber } from '../domain/party.ts';
import { Problem } from '../domain/problem.ts';
import { holdsNationalId } from '../lib/mask.ts';

/** Does this text hold what looks like a national identity number? Most texts have neither so many digits nor a `%`. */
export const looksNational = (text: string): boolean => /\d{11}|%/.test(text) && holdsNationalId(text);

/**
 * For texts people write, which events repeat: only a number with right check digits is one, since account and loan
 * numbers have eleven digits too.
 */
export const namesPerson = (text: string): boolean => (text.match(/(?<!\d)\d{11}(?!\d)/g) ?? []).some(isPersonNumber);

/** Addresses end up in logs everywhere, so they are looked at before anything else. @throws Problem `national-id-not-allowed` */
export const refuseNationalId = (path: string, query: string): void => {
  const field = looksNational(path) ? 'path' : looksNational(query) ? 'query' : undefined;
  if (field !== undefined)
    throw new Problem('national-id-not-allowed', `The ${field} holds what looks like a national identity number`, {
      errors: [{ field, code: 'national-id-not-allowed', detail: 'must not hold a national identity number' }],
    });
};
