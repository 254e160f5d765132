import { decodeJwt } from 'jose';
import { type AccessClaims, orgnoIn, type ReadBearer, scopesIn } from '../bearer.ts';
import type { Ask, Reply } from '../exchange.ts';
import type { Settings } from '../settings.ts';
import type { ApiKey } from '../world.ts';
import { apiKeyMissing, forbidden, tokenExpired, unauthenticated } from './refusals.ts';
import type { Altinn2 } from './state.ts';

/** Who calls: the key's owner, by a Maskinporten token (his own or one that a consumer delegated) or by the key alone. */
export type Caller = {
  key: ApiKey;
  /** The organisation that was authenticated: the supplier where there is one. */
  orgno: string;
  /** Whom the token speaks for; null when there is no token. */
  consumer: string | null;
  supplier: string | null;
};

export type Wanted = {
  scopes: readonly string[];
  /** Whether the key alone will do. */
  keySuffices?: boolean;
};

export type Identify = (ask: Ask, wanted: Wanted) => Promise<{ caller: Caller } | { refused: Reply }>;

const expiryIn = (authorization: string): Date | undefined => {
  try {
    const { exp } = decodeJwt(authorization.replace(/^Bearer /i, ''));
    return exp === undefined ? undefined : new Date(exp * 1000);
  } catch {
    return undefined;
  }
};

/** Which scopes open the token calls: the documents disagree, and a switch says whom to believe. */
export const tokenScopes = (settings: Settings, kind: 'read' | 'write'): string[] => {
  const bare = 'altinn:consenttokens';
  return {
    any: [bare, `${bare}.${kind}`],
    bare: [bare],
    suffixed: [`${bare}.${kind}`],
  }[settings.altinn2TokenScopes];
};

const byToken = (key: ApiKey, claims: AccessClaims, scopes: readonly string[]) => {
  if (!scopesIn(claims).some((scope) => scopes.includes(scope))) return { refused: forbidden() };
  const consumer = orgnoIn(claims.consumer);
  if (consumer === undefined) return { refused: unauthenticated() };
  const supplier = orgnoIn(claims.supplier) ?? null;
  return { caller: { key, orgno: supplier ?? consumer, consumer, supplier } };
};

/**
 * The key first, then the token, then whether they belong together. What an unknown key is answered is not known: it is
 * taken for one that may not.
 */
export const callerReader =
  ({ world, clock }: Altinn2, readBearer: ReadBearer): Identify =>
  async ({ headers }, { scopes, keySuffices = false }) => {
    const given = headers['apikey'];
    if (typeof given !== 'string' || given === '') return { refused: apiKeyMissing() };
    const key = world.apiKeys.get(given.toLowerCase());
    if (!key) return { refused: forbidden() };

    const { authorization } = headers;
    if (authorization === undefined) {
      if (!keySuffices) return { refused: unauthenticated() };
      return { caller: { key, orgno: key.orgno, consumer: null, supplier: null } };
    }
    const claims = await readBearer(headers);
    if (!claims) {
      const now = clock.now();
      const expiredAt = expiryIn(authorization);
      return { refused: expiredAt && expiredAt <= now ? tokenExpired(expiredAt, now) : unauthenticated() };
    }
    const identified = byToken(key, claims, scopes);
    if ('caller' in identified && key.orgNrMustMatch && identified.caller.orgno !== key.orgno)
      return { refused: forbidden() };
    return identified;
  };
