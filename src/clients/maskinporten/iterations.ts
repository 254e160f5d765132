import forge from 'node-forge';
import { unusable } from './unusable.ts';

/**
 * Each holds up the process for some 24 microseconds. The files people have ask for 2,000 to 52,000 three times: for the MAC,
 * the key and the certificates.
 */
const mostIterations = 160_000;

/** Of N · r · p, for scrypt: OpenSSL asks for 2^17, which takes some 50 ms. */
const mostScrypt = 2 ** 20;
const scryptOid = '1.3.6.1.4.1.11591.4.11';

/** Real files have some twenty layers. */
const mostDepth = 50;

type Node = forge.asn1.Asn1;
const { Type } = forge.asn1;

/** What an octet string holds, of one piece or of several. */
const octetsOf = ({ value }: Node): string => (typeof value === 'string' ? value : value.map(octetsOf).join(''));

/** What stands in a node. In an octet string more of the same may be written. */
const partsOf = (node: Node): Node[] => {
  if (node.type !== Type.OCTETSTRING) return typeof node.value === 'string' ? [] : node.value;
  try {
    return [forge.asn1.fromDer(octetsOf(node))];
  } catch {
    return [];
  }
};

/** A number of no bytes is none, and not a small one. */
const numberIn = ({ value }: Node): number => Number(`0x${forge.util.bytesToHex(value as string) || 'f'.repeat(16)}`);

/** The parameters of scrypt are a salt, N, r and p: each of the three makes it slower. */
const isEndlessScrypt = (part: Node, next: Node | undefined): boolean => {
  if (part.type !== Type.OID || forge.asn1.derToOid(part.value as string) !== scryptOid) return false;
  const numbers = (next ? partsOf(next) : []).filter(({ type }) => type === Type.INTEGER).slice(0, 3);
  return numbers.length < 3 || numbers.map(numberIn).reduce((product, one) => product * one) > mostScrypt;
};

/** In each form that locks with a passphrase (PKCS#5, PKCS#12, scrypt) the number of iterations follows a salt. */
const iterationsIn = (node: Node, depth: number): number => {
  if (depth > mostDepth) return Number.POSITIVE_INFINITY;
  const parts = partsOf(node);
  return parts.reduce((sum, part, place) => {
    const next = parts[place + 1];
    const isCount = part.type === Type.OCTETSTRING && next?.type === Type.INTEGER && typeof next.value === 'string';
    if (isEndlessScrypt(part, next)) return Number.POSITIVE_INFINITY;
    const own = isCount ? numberIn(next) : 0;
    return sum + own + iterationsIn(part, depth + 1);
  }, 0);
};

/**
 * A passphrase is turned into a key by as many iterations as the file asks for, and a file may ask for hours. What is itself
 * locked cannot be looked into, and may hold another lock: that is what the patience of `read-in-thread.ts` is for.
 *
 * @throws Problem `key-unusable`
 */
export const checkIterations = (file: Node, field: string): void => {
  if (iterationsIn(file, 0) > mostIterations)
    throw unusable(field, `Its passphrase is stretched more than ${mostIterations} times: lock it anew with fewer.`);
};
