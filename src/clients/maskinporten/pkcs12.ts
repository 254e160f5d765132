import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import forge from 'node-forge';
import { checkIterations } from './iterations.ts';
import { unusable } from './unusable.ts';

type Bags = { pkcs8Keys: string[]; certificates: string[] };

const derOf = (node: forge.asn1.Asn1): string => forge.asn1.toDer(node).getBytes();
const bytes = (der: string): Buffer => Buffer.from(der, 'binary');

/** Forge says so in words alone. */
const isMacFault = (error: unknown): boolean =>
  error instanceof Error && /MAC could not be verified/.test(error.message);

const parsed = (base64: string): forge.asn1.Asn1 => {
  try {
    return forge.asn1.fromDer(forge.util.decode64(base64.replace(/\s/g, '')));
  } catch {
    throw unusable('pkcs12', 'It is no PKCS#12 file in base64 that can be read.');
  }
};

const bagsIn = (file: forge.asn1.Asn1, passphrase: string): forge.pkcs12.Bag[] =>
  forge.pkcs12.pkcs12FromAsn1(file, passphrase).safeContents.flatMap(({ safeBags }) => safeBags);

/**
 * Forge takes a passphrase as UTF-16, which is right for the MAC and for the old ways to lock, or else byte by byte, which is
 * wrong where today’s way wants UTF-8. So once the MAC has been found right, it is left out, and the bytes are told.
 */
const unlocked = (file: forge.asn1.Asn1, passphrase: string): forge.pkcs12.Bag[] => {
  try {
    return bagsIn(file, passphrase);
  } catch (error) {
    if (isMacFault(error) || !Array.isArray(file.value)) throw error;
    return bagsIn({ ...file, value: file.value.slice(0, 2) }, forge.util.encodeUtf8(passphrase));
  }
};

/** Locked in today’s way (PBES2 with AES, SHA-256) or in the old one (3DES or RC2, SHA-1): forge reads both. */
const opened = (file: forge.asn1.Asn1, passphrase: string): Bags => {
  let bags: forge.pkcs12.Bag[];
  try {
    bags = unlocked(file, passphrase);
  } catch (error) {
    if (isMacFault(error))
      throw unusable(
        'passphrase',
        passphrase === '' ? 'It is locked with a passphrase, and none was given.' : 'The passphrase does not open it.',
      );
    throw unusable('pkcs12', 'It is no PKCS#12 file that can be read.');
  }
  const keyBags = bags.filter(
    ({ type }) => type === forge.pki.oids.keyBag || type === forge.pki.oids.pkcs8ShroudedKeyBag,
  );
  const certificates = bags.filter(({ type }) => type === forge.pki.oids.certBag);
  return {
    // What is no RSA key, or certifies none, forge leaves as it stands.
    pkcs8Keys: keyBags.map(({ key, asn1 }) =>
      derOf(key ? forge.pki.wrapRsaPrivateKey(forge.pki.privateKeyToAsn1(key)) : asn1),
    ),
    certificates: certificates.map(({ cert, asn1 }) => derOf(cert ? forge.pki.certificateToAsn1(cert) : asn1)),
  };
};

/** The key's own certificate first, then whoever issued the one before; others in the file are left out. */
const chainFor = (publicKey: KeyObject, certificates: readonly X509Certificate[]): X509Certificate[] => {
  const chain: X509Certificate[] = [];
  let next = certificates.find((one) => one.publicKey.equals(publicKey));
  while (next && !chain.includes(next)) {
    chain.push(next);
    const last: X509Certificate = next;
    next = certificates.find((one) => last.checkIssued(one) && last.verify(one.publicKey));
  }
  return chain;
};

/**
 * The private key in a PKCS#12 file (`.p12`, `.pfx`), with its certificate and those above it as `x5c` has them.
 *
 * @throws Problem `key-unusable`, when the passphrase does not open it too
 */
export const readPkcs12 = (base64: string, passphrase = ''): { key: KeyObject; certificates: string[] } => {
  const file = parsed(base64);
  checkIterations(file, 'pkcs12');
  const { pkcs8Keys, certificates } = opened(file, passphrase);
  const [pkcs8, another] = pkcs8Keys;
  if (pkcs8 === undefined) throw unusable('pkcs12', 'There is no private key in it.');
  if (another !== undefined) throw unusable('pkcs12', 'There is more than one private key in it.');
  try {
    const key = createPrivateKey({ key: bytes(pkcs8), format: 'der', type: 'pkcs8' });
    const chain = chainFor(
      createPublicKey(key),
      certificates.map((der) => new X509Certificate(bytes(der))),
    );
    return { key, certificates: chain.map(({ raw }) => raw.toString('base64')) };
  } catch {
    throw unusable('pkcs12', 'Its key or one of its certificates cannot be read.');
  }
};
