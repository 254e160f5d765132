import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { Problem } from '../../domain/problem.ts';
import type { KeyPair, SigningKey, SigningKeys } from '../../usecases/ports.ts';
import { readChain } from './certificate-chain.ts';

type Jwk = Record<string, unknown>;

const newKeyPair = promisify(generateKeyPair);

const unusable = (detail: string): Problem => new Problem('key-unusable', detail);

/** What is registered at Maskinporten: no private member, and `use`, without which it takes no key. */
const publicPart = (key: KeyObject, kid: string | undefined): Jwk => {
  const { kty, n, e } = createPublicKey(key).export({ format: 'jwk' });
  return { kty, use: 'sig', alg: 'RS256', ...(kid === undefined ? {} : { kid }), n, e };
};

/** Anything of the key itself stays out of what is said about it. */
const privateKeyOf = (make: () => KeyObject): KeyObject => {
  try {
    return make();
  } catch {
    throw unusable('There is no private key in it that can be read.');
  }
};

const checked = (key: KeyObject): KeyObject => {
  if (key.asymmetricKeyType !== 'rsa') throw unusable('Maskinporten takes RSA keys only.');
  if ((key.asymmetricKeyDetails?.modulusLength ?? 0) < 2048) throw unusable('The key must have at least 2048 bits.');
  return key;
};

const pairOf = (key: KeyObject, kid: string | undefined, certificateChain: string[]): KeyPair => ({
  ...(kid === undefined ? {} : { kid }),
  privateJwk: { ...key.export({ format: 'jwk' }), alg: 'RS256', ...(kid === undefined ? {} : { kid }) },
  publicJwk: publicPart(key, kid),
  certificateChain,
});

/** A name no other key has: also keys of other customers may count. */
const newKid = (now: Date): string =>
  `hub-${now.toISOString().slice(0, 7).replace('-', '')}-${randomBytes(8).toString('hex')}`;

/** @throws Problem `key-unusable` */
const readKey: SigningKeys['read'] = (given) => {
  let key: KeyObject;
  let kid: unknown;
  let chain: unknown;
  if ('jwk' in given) {
    const { jwk } = given;
    if (jwk.kty !== 'RSA') throw unusable('Maskinporten takes RSA keys only.');
    if (typeof jwk.d !== 'string') throw unusable('The private part is missing.');
    if (typeof jwk.alg === 'string' && !/^RS(?:256|384|512)$/.test(jwk.alg))
      throw unusable('`alg` must be RS256, RS384 or RS512.');
    key = privateKeyOf(() => createPrivateKey({ key: jwk, format: 'jwk' }));
    ({ kid, x5c: chain } = jwk);
  } else {
    if (/^(?:-----BEGIN|Proc-Type:).*ENCRYPTED/m.test(given.pem))
      throw unusable('The key is locked with a passphrase: hand over one that is not.');
    key = privateKeyOf(() => createPrivateKey(given.pem));
    ({ kid, certificateChain: chain } = given);
  }
  if (kid !== undefined && !(typeof kid === 'string' && /^[\w.-]{1,255}$/.test(kid)))
    throw unusable('`kid` may hold letters, digits, dots, hyphens and underscores.');
  const certificates = readChain(chain, createPublicKey(checked(key)));
  if (kid === undefined && certificates.length === 0)
    throw unusable('A key needs the `kid` it is registered under, or its certificate chain.');
  return pairOf(key, kid, certificates);
};

/** Signs in libuv's pool, so that the event loop goes on: 8,000 signatures a second on two cores, webcrypto no more. */
const openKey: SigningKeys['open'] = (privateJwk, { kid, certificateChain }): SigningKey => {
  const key = checked(privateKeyOf(() => createPrivateKey({ key: privateJwk, format: 'jwk' })));
  return {
    ...(kid === undefined ? {} : { kid }),
    certificateChain,
    sign: (input) =>
      new Promise((resolve, reject) => {
        sign('RSA-SHA256', input, key, (error, signature) => (error ? reject(error) : resolve(signature)));
      }),
  };
};

/** RSA keys for Maskinporten, all with RS256. */
export const signingKeys: SigningKeys = {
  async generate(now) {
    const { privateKey } = await newKeyPair('rsa', { modulusLength: 2048 });
    return pairOf(privateKey, newKid(now), []);
  },
  read: readKey,
  open: openKey,
};
