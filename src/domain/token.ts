import { createHash } from 'node:crypto';

/** Everything that changes a Maskinporten token, and so everything that tells one from another. */
export type TokenIdentity = {
  issuer: string;
  /** Maskinporten's `client_id`. */
  clientId: string;
  scopes: readonly string[];
  /** The tenant's organisation number: `consumer_org`, or the operator itself. */
  consumer: string;
  resource: readonly string[];
  /** The consent whose `authorization_details` the token carries. */
  consentId?: string | undefined;
};

/** Scopes that are asked for in one token go by one name: their own, in order, a space between. Mostly it is one scope. */
export const nameOfScopes = (scopes: readonly string[]): string => [...new Set(scopes)].sort().join(' ');

export const scopesNamed = (name: string): string[] => name.split(' ').filter((scope) => scope !== '');

/** SHA-256 over a canonical form: order and doubles in scopes and resources make no difference. */
export const identityOf = ({ issuer, clientId, scopes, consumer, resource, consentId }: TokenIdentity): Buffer => {
  const set = (list: readonly string[]) => [...new Set(list)].sort();
  const canonical = JSON.stringify([issuer, clientId, set(scopes), consumer, set(resource), consentId ?? null]);
  return createHash('sha256').update(canonical).digest();
};

/** How long before its end a token is no longer handed out: ten seconds, or a tenth of a short life. */
export const safetyMarginMs = (lifeMs: number): number => Math.min(10_000, lifeMs / 10);

/** From then on it is no longer handed out. */
export const usableUntil = ({ fetchedAt, expiresAt }: { fetchedAt: Date; expiresAt: Date }): Date =>
  new Date(expiresAt.getTime() - safetyMarginMs(expiresAt.getTime() - fetchedAt.getTime()));
