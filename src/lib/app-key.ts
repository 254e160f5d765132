import { createPublicKey, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { namesPerson } from './mask.ts';

/** What may be signed with, by the kind of the key (RFC 7518, RFC 8037, RFC 9864). */
export const signingAlgorithms = {
  RSA: ['RS256', 'PS256'],
  EC: ['ES256'],
  OKP: ['EdDSA', 'Ed25519'],
} as const satisfies Record<string, readonly string[]>;

/** The public half of an app's key, as a JWK (RFC 7517), with what is needed of it and no more. */
export type AppKey = {
  kid: string;
  kty: keyof typeof signingAlgorithms;
  /** The only one that it signs with, where it says so. */
  alg?: string;
  n?: string;
  e?: string;
  crv?: string;
  x?: string;
  y?: string;
};

/** RFC 7518, 6.2.2, 6.3.2 and 6.4: what makes a key a private or a secret one. */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
/** Each signature is checked in the way of other requests: a longer key costs more and guards no better. */
const leastBits = 2048;
const mostBits = 4096;

const members = { RSA: ['n', 'e'], EC: ['crv', 'x', 'y'], OKP: ['crv', 'x'] } as const;
const curves: Record<string, string> = { EC: 'P-256', OKP: 'Ed25519' };

const isKind = (kty: unknown): kty is AppKey['kty'] => typeof kty === 'string' && Object.hasOwn(signingAlgorithms, kty);

export const publicKeyOf = ({ kid: _, alg: __, ...jwk }: AppKey): KeyObject =>
  createPublicKey({ format: 'jwk', key: jwk });

/** Of what Node can read, what we would rather not trust. */
const weakness = ({ kty, e }: AppKey, key: KeyObject): string | undefined => {
  if (kty !== 'RSA') return undefined;
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < leastBits || bits > mostBits) return `must have ${leastBits} to ${mostBits} bits`;
  return e === 'AQAB' ? undefined : 'must have 65537 (AQAB) for its exponent';
};

const read = (jwk: Readonly<Record<string, unknown>>): AppKey | string => {
  if (privateMembers.some((name) => Object.hasOwn(jwk, name)))
    return 'holds a private key, which must never leave the app: make another one, and send its public part';
  const { kty, alg, use, kid } = jwk;
  if (!isKind(kty)) return 'must be of type RSA, EC (P-256) or OKP (Ed25519)';
  if (curves[kty] !== jwk['crv']) return `must be on the curve ${curves[kty]}`;
  const algorithms: readonly string[] = signingAlgorithms[kty];
  if (alg !== undefined && !(typeof alg === 'string' && algorithms.includes(alg)))
    return `must be for ${algorithms.join(' or ')}`;
  if (use !== undefined && use !== 'sig') return 'must be for signing (`use`)';
  if (kid !== undefined && !(typeof kid === 'string' && /^[\x21-\x7e]{1,200}$/.test(kid) && !namesPerson(kid)))
    return 'must have a kid of 1 to 200 visible ASCII characters, none of them a person’s number';
  const own = members[kty].map((name) => [name, jwk[name]] as const);
  if (!own.every(([, value]) => typeof value === 'string' && /^[\w-]{1,1400}$/.test(value)))
    return `must have ${members[kty].join(', ')} in base64url`;
  return { kid: kid ?? '', kty, ...(alg === undefined ? {} : { alg }), ...Object.fromEntries(own) };
};

/** A public JWK as it was sent, or what is wrong with it, in words. One without a name is called by its thumbprint (RFC 7638). */
export const readAppKey = async (jwk: Readonly<Record<string, unknown>>): Promise<AppKey | { fault: string }> => {
  const key = read(jwk);
  if (typeof key === 'string') return { fault: key };
  try {
    const weak = weakness(key, publicKeyOf(key));
    if (weak !== undefined) return { fault: weak };
  } catch {
    return { fault: 'cannot be read as a key' };
  }
  return key.kid === '' ? { ...key, kid: await calculateJwkThumbprint(key) } : key;
};
