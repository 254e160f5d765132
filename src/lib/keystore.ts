import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { CompactEncrypt, calculateJwkThumbprint, compactDecrypt, type JWK } from 'jose';

/** Whose key is sealed. Stands in the protected header, so that a sealed key opens in no other's place. */
type KeyPlace = { clientId: string; keyId: string };

export type Keystore = {
  close(place: KeyPlace, privateJwk: object): Promise<string>;
  /** @throws Error without a private key that opens it, or when it was sealed for another place */
  open(place: KeyPlace, sealed: string): Promise<Record<string, unknown>>;
};

const alg = 'ECDH-ES+A256KW';
const enc = 'A256GCM';
const newKeyPair = promisify(generateKeyPair);

/** A key's name is what it is: two processes agree on it without agreeing on names. */
const kidOf = async ({ kty, crv, x, y }: JWK): Promise<string> =>
  calculateJwkThumbprint({ ...(kty && { kty }), ...(crv && { crv }), ...(x && { x }), ...(y && { y }) });

const imported = <T>(jwk: JWK, read: () => T): T => {
  try {
    if (jwk.kty !== 'EC') throw new Error('not an EC key');
    return read();
  } catch {
    throw new Error('a keystore key cannot be read: it must be an EC key as a JWK');
  }
};

/**
 * Private keys at rest: sealed to a public key that any process may have, opened with a private one that few are given.
 * The first public key seals (or the first private one's, when there is none); any private key opens.
 *
 * @throws Error when a key cannot be read
 */
export const openKeystore = (keys: {
  publicJwks?: readonly JWK[] | undefined;
  privateJwks?: readonly JWK[] | undefined;
}): Keystore => {
  const { publicJwks = [], privateJwks = [] } = keys;
  const sealing = [...publicJwks, ...privateJwks].map((jwk) => {
    const { d: _, ...publicJwk } = jwk;
    return { jwk, key: imported(jwk, () => createPublicKey({ key: publicJwk as JsonKey, format: 'jwk' })) };
  });
  const opening = privateJwks.map((jwk) => ({
    jwk,
    key: imported(jwk, () => createPrivateKey({ key: jwk as JsonKey, format: 'jwk' })),
  }));
  const [first] = sealing;

  const keyFor = async (kid: string | undefined): Promise<KeyObject> => {
    if (opening.length === 0) throw new Error('this process has no key that opens the keystore');
    for (const { jwk, key } of opening) if ((await kidOf(jwk)) === kid) return key;
    throw new Error('sealed to a keystore key that is not among HUB_KEYSTORE_PRIVATE_KEYS');
  };

  return {
    async close({ clientId, keyId }, privateJwk) {
      if (!first) throw new Error('this process has no key that seals for the keystore');
      return new CompactEncrypt(Buffer.from(JSON.stringify(privateJwk)))
        .setProtectedHeader({ alg, enc, kid: await kidOf(first.jwk), clientId, keyId })
        .encrypt(first.key);
    },
    async open({ clientId, keyId }, sealed) {
      const { plaintext, protectedHeader } = await compactDecrypt(sealed, ({ kid }) => keyFor(kid), {
        keyManagementAlgorithms: [alg],
        contentEncryptionAlgorithms: [enc],
      });
      if (protectedHeader.clientId !== clientId || protectedHeader.keyId !== keyId)
        throw new Error('this key was sealed for another place');
      return JSON.parse(new TextDecoder().decode(plaintext));
    },
  };
};

type JsonKey = import('node:crypto').JsonWebKey;

/** A pair for the keystore: the public half for every process, the private one for workers. */
export const generateKeystorePair = async (): Promise<{ publicJwk: JWK; privateJwk: JWK }> => {
  const { publicKey, privateKey } = await newKeyPair('ec', { namedCurve: 'P-256' });
  const publicJwk: JWK = publicKey.export({ format: 'jwk' }) as JWK;
  const kid = await kidOf(publicJwk);
  return { publicJwk: { ...publicJwk, kid }, privateJwk: { ...(privateKey.export({ format: 'jwk' }) as JWK), kid } };
};
