import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { Problem } from '../../domain/problem.ts';
import type { ClientCertificate, HandedCertificate } from '../../domain/receiver.ts';
import { scrub } from '../../lib/mask.ts';

type Field = 'certificate' | 'privateKey';

const unusable = (field: Field, detail: string): Problem =>
  new Problem('webhook-auth-invalid', `/auth/${field} ${detail}`, {
    errors: [{ field: `/auth/${field}`, code: 'webhook-auth-invalid', detail }],
  });

/** Parsing may fail in many ways, and what OpenSSL says of it may hold what was handed over. */
const read = <T>(field: Field, detail: string, parse: () => T): T => {
  try {
    return parse();
  } catch {
    throw unusable(field, detail);
  }
};

const mostCertificates = 10;
const curves = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

const chainIn = (pem: string): X509Certificate[] => {
  if (pem.includes('PRIVATE KEY')) throw unusable('certificate', 'holds a private key, which belongs in `privateKey`');
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw unusable('certificate', 'holds no certificate in PEM');
  if (blocks.length > mostCertificates)
    throw unusable('certificate', `holds more than ${mostCertificates} certificates`);
  return blocks.map((block) => read('certificate', 'cannot be read', () => new X509Certificate(block)));
};

const keyIn = (pem: string): KeyObject => {
  if (pem.includes('ENCRYPTED')) throw unusable('privateKey', 'is locked; hand it over without a passphrase');
  const key = read('privateKey', 'is no private key in PEM', () => createPrivateKey({ key: pem, format: 'pem' }));
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  const isUsual =
    key.asymmetricKeyType === 'rsa'
      ? modulusLength >= 2048 && modulusLength <= 4096
      : key.asymmetricKeyType === 'ec' && curves.has(namedCurve);
  if (!isUsual) throw unusable('privateKey', 'must be RSA of 2048 to 4096 bits, or EC on P-256, P-384 or P-521');
  return key;
};

/** One line, without numbers of people. */
const nameOf = (name: string): string => scrub(name.trim().split('\n').join(', ')).slice(0, 500);

/**
 * A certificate with its key, as a tenant hands it over for a receiver that asks who we are. What comes back is written
 * anew: nothing else that stood in the texts is kept.
 *
 * @throws Problem `webhook-auth-invalid`
 */
export const readClientCertificate = (handed: HandedCertificate, now: Date): ClientCertificate => {
  const chain = chainIn(handed.certificate);
  const key = keyIn(handed.privateKey);
  const [leaf] = chain;
  if (!leaf) throw unusable('certificate', 'holds no certificate in PEM');
  if (!read('privateKey', 'is not the certificate’s', () => leaf.checkPrivateKey(key)))
    throw unusable('privateKey', 'is not the certificate’s; the certificate’s own must come first in a chain');
  if (leaf.validToDate <= now) throw unusable('certificate', 'has expired');
  if (leaf.validFromDate > now) throw unusable('certificate', 'is not valid yet');
  const isBroken = chain.some((one, index) => {
    const next = chain[index + 1];
    return next !== undefined && !one.checkIssued(next);
  });
  if (isBroken) throw unusable('certificate', 'is no chain: each must be issued by the next');
  const certificate = chain.map((one) => one.toString()).join('');
  const privateKey = String(key.export({ type: 'pkcs8', format: 'pem' }));
  read('certificate', 'is too weak for TLS', () => createSecureContext({ cert: certificate, key: privateKey }));
  return {
    certificate,
    privateKey,
    subject: nameOf(leaf.subject),
    issuer: nameOf(leaf.issuer),
    expiresAt: leaf.validToDate,
  };
};
