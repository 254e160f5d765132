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

/**
 * When a token that came at `fetchedAt` is fetched anew, so that nobody waits for one: at a part of its life, 5 % sooner or
 * later by its row's id, so that those that came together do not stay together.
 *
 * @param part of its life, 0 to 1
 */
export const renewalOf = (
  { id, fetchedAt, expiresAt }: { id: string; fetchedAt: Date; expiresAt: Date },
  part: number,
): Date => {
  const place = Number.parseInt(id.slice(-8), 16) / 2 ** 32;
  const life = expiresAt.getTime() - fetchedAt.getTime();
  return new Date(fetchedAt.getTime() + Math.round(life * part * (0.95 + 0.1 * place)));
};

/** A token that nobody has used for so long is left to die. */
export const usedLatelyMs = 10 * 60_000;

/** How long before its end a token is no longer handed out: ten seconds, or a tenth of a short life. */
export const safetyMarginMs = (lifeMs: number): number => Math.min(10_000, lifeMs / 10);
