import { type KeyObject, X509Certificate } from 'node:crypto';
import { Problem } from '../../domain/problem.ts';

const unusable = (detail: string): Problem => new Problem('key-unusable', detail);

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

/** One text may hold a whole chain as PEM, or one certificate in bare base64. */
const certificatesIn = (text: string): X509Certificate[] => {
  const pems = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  return pems
    ? pems.map((pem) => new X509Certificate(pem))
    : [new X509Certificate(Buffer.from(text.replace(/\s/g, ''), 'base64'))];
};

/**
 * A certificate chain as `x5c` has it: base64 of DER, the key's own certificate first. Empty when none is given.
 *
 * @throws Problem `key-unusable` when it cannot be read, or belongs to another key
 */
export const readChain = (given: unknown, publicKey: KeyObject): string[] => {
  if (given === undefined) return [];
  if (!isTexts(given)) throw unusable('The certificate chain must be a list of texts.');
  let chain: X509Certificate[];
  try {
    chain = given.flatMap(certificatesIn);
  } catch {
    throw unusable('The certificate chain cannot be read.');
  }
  const [own, issuer] = chain;
  if (own && !own.publicKey.equals(publicKey)) throw unusable('The first certificate belongs to another key.');
  if (own && issuer && !own.verify(issuer.publicKey)) throw unusable('The second certificate did not sign the first.');
  return chain.map(({ raw }) => raw.toString('base64'));
};
