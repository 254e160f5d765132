import { decodeJwt } from 'jose';

export type Claims = Record<string, unknown>;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A member whatever its casing: samples of one and the same token write `ID` and `id`, `metadata` and `metaData`. */
export const member = (value: unknown, name: string): unknown =>
  isRecord(value) ? Object.entries(value).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1] : undefined;

/** What a token says, unverified; undefined when it cannot be read. It came over TLS from whoever signed it. */
export const claimsOf = (token: string): Claims | undefined => {
  try {
    return decodeJwt(token);
  } catch {
    return undefined;
  }
};

export const scopesOf = (claims: Claims): string[] => {
  const scope = member(claims, 'scope');
  return typeof scope === 'string' ? scope.split(' ').filter(Boolean) : [];
};

/** `{"authority": "iso6523-actorid-upis", "ID": "0192:313876144"}` → `313876144`; undefined for any other form. */
export const orgnoIn = (claim: unknown): string | undefined => {
  const id = member(claim, 'ID');
  const isIso = member(claim, 'authority') === 'iso6523-actorid-upis';
  return isIso && typeof id === 'string' ? /^0192:(\d{9})$/.exec(id)?.[1] : undefined;
};

/** What our own token lets us do: the only clue to a 401 or 403 without a word. `now` by the clock of whoever refused it. */
export const tokenSays = (
  token: string,
  now: Date,
): { token?: { consumer: string | undefined; scopes: string[]; hasEnded: boolean } } => {
  const claims = claimsOf(token);
  if (!claims) return {};
  const hasEnded = typeof claims['exp'] === 'number' && claims['exp'] * 1000 <= now.getTime();
  return { token: { consumer: orgnoIn(member(claims, 'consumer')), scopes: scopesOf(claims), hasEnded } };
};
