import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { signsByCertificate } from '../../domain/client-keys.ts';
import type { KeyOwner, KeyPair, PublicKey, SigningKey, SigningKeys } from '../../usecases/ports.ts';
import { checkCertificate } from './certificate-chain.ts';
import { checkedKey, type ReadKey } from './handed-key.ts';
import { readInThread } from './read-in-thread.ts';

const newKeyPair = promisify(generateKeyPair);

/**
 * What is registered at Maskinporten: no private member, and `use`, without which it takes no key. A certificate is held to
 * its owner and its time; the key ends with it where it signs by it.
 *
 * @throws Problem `key-unusable`
 */
export const publicKey = ({ key, kid, chain, chainField }: ReadKey, owner: KeyOwner): PublicKey => {
  const { kty, n, e } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
  const named = kid === undefined ? {} : { kid };
  const [own] = chain;
  const endsAt = own && checkCertificate(own, owner, chainField);
  return {
    ...named,
    publicJwk: { kty, use: 'sig', alg: 'RS256', ...named, n, e },
    certificateChain: chain.map(({ raw }) => raw.toString('base64')),
    ...(endsAt && signsByCertificate(named) ? { expiresAt: endsAt } : {}),
  };
};

const privateJwk = (key: KeyObject, kid: string | undefined): KeyPair['privateJwk'] => ({
  ...key.export({ format: 'jwk' }),
  alg: 'RS256',
  ...(kid === undefined ? {} : { kid }),
});

/** A name no other key has: also keys of other customers may count. */
const newKid = (now: Date): string =>
  `hub-${now.toISOString().slice(0, 7).replace('-', '')}-${randomBytes(8).toString('hex')}`;

/** Signs in libuv's pool, so that the event loop goes on: 8,000 signatures a second on two cores, webcrypto no more. */
export const signWith = (key: KeyObject, input: Uint8Array): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    sign('RSA-SHA256', input, key, (error, signature) => (error ? reject(error) : resolve(signature)));
  });

const openKey: SigningKeys['open'] = (jwk, { kid, certificateChain }): SigningKey => {
  const key = checkedKey(createPrivateKey({ key: jwk, format: 'jwk' }), 'jwk');
  return { ...(kid === undefined ? {} : { kid }), certificateChain, sign: (input) => signWith(key, input) };
};

/** RSA keys for Maskinporten, all with RS256. */
export const signingKeys: SigningKeys = {
  async generate(now) {
    const { privateKey: key } = await newKeyPair('rsa', { modulusLength: 2048 });
    const kid = newKid(now);
    // Without a certificate nobody's number is looked for.
    const found = publicKey({ key, kid, chain: [], chainField: '' }, { orgno: '', now });
    return { ...found, privateJwk: privateJwk(key, kid) };
  },
  async read(given, owner) {
    const found = await readInThread(given);
    return { ...publicKey(found, owner), privateJwk: privateJwk(found.key, found.kid) };
  },
  open: openKey,
};
