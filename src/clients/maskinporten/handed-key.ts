import { createPrivateKey, createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto';
import forge from 'node-forge';
import type { HandedKey } from '../../usecases/use-cases.ts';
import { pemCertificates, readChain } from './certificate-chain.ts';
import { checkIterations } from './iterations.ts';
import { readPkcs12 } from './pkcs12.ts';
import { unusable } from './unusable.ts';

/** `chainField` is where a fault of the chain is to be looked for. */
export type ReadKey = { key: KeyObject; kid?: string; chain: X509Certificate[]; chainField: string };

/** What Maskinporten takes, be it a private key or a public one. */
export const checkedKey = (key: KeyObject, field: string): KeyObject => {
  if (key.asymmetricKeyType !== 'rsa') throw unusable(field, 'Maskinporten takes RSA keys only.');
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < 2048) throw unusable(field, 'The key must have at least 2048 bits.');
  // Each signature of a larger one takes a second and more.
  if (bits > 8192) throw unusable(field, 'The key must have at most 8192 bits.');
  return key;
};

/** Anything of the key itself stays out of what is said about it. */
const reading = <T>(field: string, make: () => T, why = 'There is no private key in it that can be read.'): T => {
  try {
    return make();
  } catch {
    throw unusable(field, why);
  }
};

const jwkKey = (jwk: Record<string, unknown>): KeyObject => {
  if (jwk.kty !== 'RSA') throw unusable('jwk', 'Maskinporten takes RSA keys only.');
  if (typeof jwk.d !== 'string') throw unusable('jwk', 'The private part is missing.');
  if (typeof jwk.alg === 'string' && !/^RS(?:256|384|512)$/.test(jwk.alg))
    throw unusable('jwk', '`alg` must be RS256, RS384 or RS512.');
  return reading('jwk', () => createPrivateKey({ key: jwk, format: 'jwk' }));
};

/** OpenSSL as well begins at the start of a line alone. */
const privateBlocks = /^-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----[ \t]*\r?\n([\s\S]*?)^-----END \1-----/gm;
const isLockedOldWay = /^Proc-Type:.*ENCRYPTED/m;

/** What has been looked at, written anew: OpenSSL gets that, and not what it might make of the text. */
const checkedPkcs8 = (body: string): Buffer => {
  const file = reading('pem', () => forge.asn1.fromDer(forge.util.decode64(body.replace(/\s/g, ''))));
  checkIterations(file, 'pem');
  return Buffer.from(forge.asn1.toDer(file).getBytes(), 'binary');
};

const pemKey = (pem: string, passphrase: string | undefined): KeyObject => {
  const [found, another] = pem.matchAll(privateBlocks);
  if (another) throw unusable('pem', 'There is more than one private key in it.');
  const [block = '', label = '', body = ''] = found ?? [];
  const isPkcs8 = label === 'ENCRYPTED PRIVATE KEY';
  if (!isPkcs8 && !isLockedOldWay.test(body)) return reading('pem', () => createPrivateKey(block));
  if (passphrase === undefined)
    throw unusable('passphrase', 'The key is locked with a passphrase, and none was given.');
  // The old form stretches nothing, and is one for keys that are named by their kind.
  if (!isPkcs8 && label !== 'RSA PRIVATE KEY') throw unusable('pem', 'Maskinporten takes RSA keys only.');
  const given = isPkcs8
    ? ({ key: checkedPkcs8(body), format: 'der', type: 'pkcs8' } as const)
    : ({ key: block, format: 'pem' } as const);
  return reading(
    'passphrase',
    () => createPrivateKey({ ...given, passphrase }),
    'The passphrase does not open the key.',
  );
};

const namedKid = (kid: unknown, field: string): { kid?: string } => {
  if (kid === undefined) return {};
  if (typeof kid === 'string' && /^[\w.-]{1,255}$/.test(kid)) return { kid };
  throw unusable(field, '`kid` may hold letters, digits, dots, hyphens and underscores.');
};

/**
 * What was handed over: a private RSA key, the name it is registered under or its certificates, or both. With a passphrase
 * it may take long, and holds up whoever calls: then `readInThread`.
 *
 * @throws Problem `key-unusable`
 */
export const readHandedKey = (given: HandedKey): ReadKey => {
  const read = (): ReadKey => {
    if ('jwk' in given) {
      const key = checkedKey(jwkKey(given.jwk), 'jwk');
      const chain = readChain(given.jwk['x5c'], createPublicKey(key), 'jwk/x5c');
      return { key, ...namedKid(given.jwk['kid'], 'jwk/kid'), chain, chainField: 'jwk/x5c' };
    }
    if ('pkcs12' in given) {
      const { key, certificates } = readPkcs12(given.pkcs12, given.passphrase);
      const chain = readChain(certificates, createPublicKey(checkedKey(key, 'pkcs12')), 'pkcs12');
      if (chain.length === 0) throw unusable('pkcs12', 'The certificate of its private key is not in it.');
      return { key, chain, chainField: 'pkcs12' };
    }
    const key = checkedKey(pemKey(given.pem, given.passphrase), 'pem');
    const inside = pemCertificates(given.pem);
    const chainField = given.certificateChain === undefined && inside.length > 0 ? 'pem' : 'certificateChain';
    const chain = readChain(given.certificateChain ?? inside, createPublicKey(key), chainField);
    return { key, ...namedKid(given.kid, 'kid'), chain, chainField };
  };
  const found = read();
  if (found.kid === undefined && found.chain.length === 0)
    throw unusable('kid', 'A key needs the `kid` it is registered under, or its certificate chain.');
  return found;
};
