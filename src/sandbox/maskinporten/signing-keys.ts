import { createHash, type webcrypto } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

export type SigningKeys = {
  /** Signs the claims of an access token. */
  sign(claims: Record<string, unknown>): Promise<string>;
  /** The public key in use under this name; undefined once it has been replaced. */
  publicKey(kid: string | undefined): webcrypto.CryptoKey | undefined;
  jwks(): { keys: JWK[] };
  /** A new key at once; the old one is gone from `/jwk`, and tokens it signed are worth nothing any more. */
  rotate(): Promise<void>;
};

type Pair = { kid: string; privateKey: webcrypto.CryptoKey; publicKey: webcrypto.CryptoKey; jwk: JWK };

const newPair = async (): Promise<Pair> => {
  // The real key has 4096 bits; 2048 keeps start and each token cheap.
  const { privateKey, publicKey } = await generateKeyPair('RS256', { modulusLength: 2048 });
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { kid, privateKey, publicKey, jwk: { ...jwk, kid, alg: 'RS256', use: 'sig' } };
};

export const openSigningKeys = async (): Promise<SigningKeys> => {
  let pair = await newPair();
  return {
    sign: (claims) => new SignJWT(claims).setProtectedHeader({ kid: pair.kid, alg: 'RS256' }).sign(pair.privateKey),
    publicKey: (kid) => (kid === pair.kid ? pair.publicKey : undefined),
    jwks: () => ({ keys: [pair.jwk] }),
    rotate: async () => {
      pair = await newPair();
    },
  };
};

/** 43 characters of base64url, as all samples have. */
export const tokenId = (seed: string): string => createHash('sha256').update(seed).digest('base64url');
