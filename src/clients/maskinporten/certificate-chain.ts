import { type KeyObject, X509Certificate } from 'node:crypto';
import { unusable } from './unusable.ts';

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

/** Certificates that stand in a text as PEM, beside a key perhaps. */
export const pemCertificates = (text: string): string[] =>
  text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];

/** One text may hold a whole chain as PEM, or one certificate in bare base64. */
const certificatesIn = (text: string): X509Certificate[] => {
  const pems = pemCertificates(text);
  return pems.length > 0
    ? pems.map((pem) => new X509Certificate(pem))
    : [new X509Certificate(Buffer.from(text.replace(/\s/g, ''), 'base64'))];
};

/**
 * A certificate chain as `x5c` has it, the key's own certificate first. Empty when none is given.
 *
 * @throws Problem `key-unusable` when it cannot be read, or belongs to another key
 */
export const readChain = (given: unknown, publicKey: KeyObject, field: string): X509Certificate[] => {
  if (given === undefined) return [];
  if (!isTexts(given)) throw unusable(field, 'The certificate chain must be a list of texts.');
  let chain: X509Certificate[];
  try {
    chain = given.flatMap(certificatesIn);
  } catch {
    throw unusable(field, 'The certificate chain cannot be read.');
  }
  const [own, issuer] = chain;
  if (own && !own.publicKey.equals(publicKey)) throw unusable(field, 'The first certificate belongs to another key.');
  if (own && issuer && !own.verify(issuer.publicKey))
    throw unusable(field, 'The second certificate did not sign the first.');
  return chain;
};

/**
 * Whose certificate it is, by its subject: SEID 2.0 writes `organizationIdentifier=NTRNO-…`, the older form
 * `serialNumber=…`. Undefined when it names no organisation.
 */
const organizationOf = ({ subject }: X509Certificate): string | undefined => {
  // Node writes a line for each part; parts of one level stand in one line, with a plus between that is not escaped.
  const parts = subject.split(/\n| \+ /);
  const numberIn = (pattern: RegExp) =>
    parts.map((part) => pattern.exec(part)?.[1]).find((found) => found !== undefined);
  return numberIn(/^(?:organizationIdentifier|2\.5\.4\.97)=NTRNO-(\d{9})$/) ?? numberIn(/^serialNumber=(\d{9})$/);
};

/**
 * Maskinporten takes a certificate of the client's own organisation, while it lasts. Checked before it is asked: answers
 * when it ends.
 *
 * @throws Problem `key-unusable`
 */
export const checkCertificate = (
  certificate: X509Certificate,
  { orgno, now }: { orgno: string; now: Date },
  field: string,
): Date => {
  const owner = organizationOf(certificate);
  if (owner === undefined) throw unusable(field, 'The certificate names no organisation by its number.');
  if (owner !== orgno)
    throw unusable(field, `The certificate belongs to the organisation ${owner}, and not to the operator, ${orgno}.`);
  const [from, to] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
  if (now > to) throw unusable(field, `The certificate expired at ${to.toISOString()}.`);
  if (now < from) throw unusable(field, `The certificate is not valid before ${from.toISOString()}.`);
  return to;
};
