import { compactVerify, decodeProtectedHeader } from 'jose';
import type { PublishedKeys } from '../published-keys.ts';

/** By one of those keys. Its times and parties are looked at elsewhere. @throws Problem when the keys cannot be read */
export const isSigned = async (token: string, keys: PublishedKeys): Promise<boolean> => {
  const { kid } = decodeProtectedHeader(token);
  const key = kid === undefined ? undefined : await keys.find(kid);
  if (!key) return false;
  return compactVerify(token, key, { algorithms: ['RS256'] }).then(
    () => true,
    () => false,
  );
};
