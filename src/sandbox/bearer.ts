import type { IncomingHttpHeaders } from 'node:http';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../lib/clock.ts';
import type { SigningKeys } from './maskinporten/signing-keys.ts';

export type AccessClaims = {
  iss: string;
  exp: number;
  iat: number;
  scope: string;
  consumer?: unknown;
  supplier?: unknown;
  delegation_source?: unknown;
  authorization_details?: unknown;
};

/** The claims of a bearer token that Maskinporten signed and that has not expired; undefined for any other. */
export type ReadBearer = (headers: IncomingHttpHeaders) => Promise<AccessClaims | undefined>;

const skewSeconds = 10;

export const bearerReader = (issuer: string, keys: SigningKeys, clock: Clock): ReadBearer => {
  // A token is used for many calls: its signature is checked at the first, its times and key at each.
  const seen = new LRUCache<string, { kid: string; claims: AccessClaims }>({ max: 2000 });

  const verified = async (token: string) => {
    const known = seen.get(token);
    if (known) return keys.publicKey(known.kid) && known;
    try {
      const { kid = '' } = decodeProtectedHeader(token);
      const key = keys.publicKey(kid);
      if (!key) return undefined;
      // Times are checked below, by the sandbox's clock: here jose is told to look no further than the signature.
      const { payload } = await jwtVerify<AccessClaims>(token, key, {
        issuer,
        algorithms: ['RS256'],
        requiredClaims: ['exp', 'iat'],
        currentDate: new Date(0),
      });
      const entry = { kid, claims: payload };
      seen.set(token, entry);
      return entry;
    } catch {
      return undefined;
    }
  };

  return async ({ authorization }) => {
    const [, token] = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization ?? '') ?? [];
    const claims = token === undefined ? undefined : (await verified(token))?.claims;
    const now = clock.now().getTime() / 1000;
    return claims && claims.exp + skewSeconds > now && claims.iat - skewSeconds <= now ? claims : undefined;
  };
};

/** Nine digits out of `{"authority":"iso6523-actorid-upis","ID":"0192:…"}`. */
export const orgnoIn = (party: unknown): string | undefined => {
  if (typeof party !== 'object' || party === null || !('authority' in party) || !('ID' in party)) return undefined;
  if (party.authority !== 'iso6523-actorid-upis' || typeof party.ID !== 'string') return undefined;
  return /^0192:(\d{9})$/.exec(party.ID)?.[1];
};

export const scopesIn = ({ scope }: AccessClaims): string[] => scope.split(' ');
