import { createHash, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { type JWK, SignJWT } from 'jose';
import forge from 'node-forge';
import type { Clock } from '../../lib/clock.ts';
import type { Settings } from '../settings.ts';

/** What consent tokens are signed with: two certificates, so that one can take over from the other. */
export type SigningKeys = {
  sign(claims: Record<string, unknown>): Promise<string>;
  /** Both, with their certificates. */
  jwks(): Promise<{ keys: JWK[] }>;
  /** The secondary becomes the primary, and a new one stands by; the old one is gone at once. */
  rotate(): void;
};

type Pair = { privateKey: KeyObject; jwk: JWK; kid: string };

const newRsaPair = promisify(generateKeyPair);

/** DER of a certificate that vouches for itself, as Altinn's own may be. */
const selfSigned = (privateKey: KeyObject, publicKey: KeyObject, now: Date): Buffer => {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(String(publicKey.export({ type: 'spki', format: 'pem' })));
  certificate.serialNumber = '01';
  certificate.validity.notBefore = new Date(now.getTime() - 86_400_000);
  certificate.validity.notAfter = new Date(now.getTime() + 3 * 365 * 86_400_000);
  const name = [{ name: 'commonName', value: 'Sandbox consent token signing' }];
  certificate.setSubject(name);
  certificate.setIssuer(name);
  const signer = forge.pki.privateKeyFromPem(String(privateKey.export({ type: 'pkcs8', format: 'pem' })));
  certificate.sign(signer, forge.md.sha256.create());
  return Buffer.from(forge.asn1.toDer(forge.pki.certificateToAsn1(certificate)).getBytes(), 'binary');
};

const newPair = async (now: Date): Promise<Pair> => {
  const { privateKey, publicKey } = await newRsaPair('rsa', { modulusLength: 2048 });
  const der = selfSigned(privateKey, publicKey, now);
  const kid = createHash('sha1').update(der).digest('base64url');
  const { kty = 'RSA', n = '', e = '' } = publicKey.export({ format: 'jwk' });
  return { privateKey, kid, jwk: { kty, use: 'sig', kid, x5t: kid, n, e, x5c: [der.toString('base64')] } };
};

/** Made at first use: most of what the sandbox is used for needs neither. */
export const openSigningKeys = (settings: Pick<Settings, 'altinn2SigningKey'>, clock: Clock): SigningKeys => {
  const pairs: Partial<Record<Settings['altinn2SigningKey'], Promise<Pair>>> = {};
  const pairOf = (place: Settings['altinn2SigningKey']): Promise<Pair> => {
    pairs[place] ??= newPair(clock.now());
    return pairs[place];
  };
  return {
    async sign(claims) {
      const { kid, privateKey } = await pairOf(settings.altinn2SigningKey);
      return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid, x5t: kid, typ: 'JWT' }).sign(privateKey);
    },
    async jwks() {
      const both = await Promise.all([pairOf('primary'), pairOf('secondary')]);
      return { keys: both.map(({ jwk }) => jwk) };
    },
    rotate() {
      pairs.primary = pairOf('secondary');
      delete pairs.secondary;
    },
  };
};
