import { Problem } from '../domain/problem.ts';
import { holdsNationalId } from '../lib/mask.ts';

/** Addresses end up in logs everywhere, so they are looked at before anything else. @throws Problem `national-id-not-allowed` */
export const refuseNationalId = (path: string, query: string): void => {
  const field = holdsNationalId(path) ? 'path' : holdsNationalId(query) ? 'query' : undefined;
  if (field !== undefined)
    throw new Problem('national-id-not-allowed', `The ${field} holds what looks like a national identity number`, {
      errors: [{ field, code: 'national-id-not-allowed', detail: 'must not hold a national identity number' }],
    });
};
