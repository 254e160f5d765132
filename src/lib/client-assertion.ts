import { decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose';
import { type AppKey, publicKeyOf, signingAlgorithms } from './app-key.ts';

/** What an assertion must say (RFC 7523, section 3). */
export type Expected = {
  clientId: string;
  /** One of them, and no other beside it: what is meant for somebody else as well, somebody else can use here. */
  audiences: readonly string[];
  now: Date;
  /** `exp` lies no further ahead. */
  longestSeconds: number;
  leewaySeconds: number;
};

export type Checked = { jti: string; expiresAt: Date } | { fault: string };

/** Whom it says it comes from, before anybody has looked at its signature. Undefined for what is no JWT. */
export const assertionClaims = (text: string): { clientId: string; kid?: string } | undefined => {
  try {
    const { sub, iss } = decodeJwt(text);
    const { kid } = decodeProtectedHeader(text);
    if (sub === undefined || sub !== iss) return undefined;
    return { clientId: sub, ...(typeof kid === 'string' ? { kid } : {}) };
  } catch {
    return undefined;
  }
};

const nobody = 'no key of this client has signed it, or there is no such client';

/** All of this the app can read in its own assertion: nobody learns anything by it. */
const wordsFor = (claim: string): string =>
  ({
    aud: 'aud must be the issuer or the token endpoint, and nothing beside it',
    exp: 'exp has passed',
    nbf: 'nbf lies ahead',
  })[claim] ?? `${claim} is missing or wrong`;

const algorithmsOf = ({ kty, alg }: AppKey): string[] => (alg === undefined ? [...signingAlgorithms[kty]] : [alg]);

/** Those of its keys that may have signed it: the one it names, or each where it names none. */
const candidates = (keys: readonly AppKey[], kid: string | undefined): readonly AppKey[] =>
  kid === undefined ? keys : keys.filter((key) => key.kid === kid);

const isLate = (seconds: unknown, limit: number): boolean => typeof seconds !== 'number' || seconds > limit;

/** Is it signed by one of these keys, for us, for now? Whether it was used before is for others to know. */
export const checkAssertion = async (
  text: string,
  keys: readonly AppKey[],
  { clientId, audiences, now, longestSeconds, leewaySeconds }: Expected,
): Promise<Checked> => {
  for (const key of candidates(keys, assertionClaims(text)?.kid)) {
    try {
      const { payload } = await jwtVerify(text, publicKeyOf(key), {
        algorithms: algorithmsOf(key),
        issuer: clientId,
        subject: clientId,
        audience: [...audiences],
        currentDate: now,
        clockTolerance: leewaySeconds,
        requiredClaims: ['iss', 'sub', 'aud', 'exp', 'jti'],
      });
      const { aud, exp = 0, iat, jti } = payload;
      const seconds = now.getTime() / 1000 + leewaySeconds;
      if (Array.isArray(aud) && aud.length !== 1) return { fault: wordsFor('aud') };
      if (isLate(exp, seconds + longestSeconds))
        return { fault: `exp lies more than ${longestSeconds} seconds ahead: make an assertion for each token` };
      if (iat !== undefined && isLate(iat, seconds)) return { fault: 'iat lies ahead' };
      if (typeof jti !== 'string' || jti.length < 1 || jti.length > 255)
        return { fault: 'jti must have 1 to 255 characters' };
      return { jti, expiresAt: new Date(exp * 1000) };
    } catch (error) {
      // Its signature is right: the other keys have nothing to say.
      if (error instanceof errors.JWTExpired) return { fault: wordsFor('exp') };
      if (error instanceof errors.JWTClaimValidationFailed) return { fault: wordsFor(error.claim) };
    }
  }
  return { fault: nobody };
};
