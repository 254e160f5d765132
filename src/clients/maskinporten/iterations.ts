import forge from 'node-forge';
import { unusable } from './unusable.ts';

/**
 * Each holds up the process for some 24 microseconds. The files people have ask for 2,000 to 52,000 three times: for the MAC,
 * the key and the certificates.
 */
const mostIterations = 160_000;

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

/** In each form that locks with a passphrase (PKCS#5, PKCS#12, scrypt) the number of iterations follows a salt. */
const iterationsIn = (node: Node, depth: number): number => {
  if (depth > mostDepth) return Number.POSITIVE_INFINITY;
  const parts = partsOf(node);
  return parts.reduce((sum, part, place) => {
    const next = parts[place + 1];
    const isCount = part.type === Type.OCTETSTRING && next?.type === Type.INTEGER && typeof next.value === 'string';
    // A number of no bytes is none, and not a small one.
    const own = isCount ? Number(`0x${forge.util.bytesToHex(next.value as string) || 'f'.repeat(16)}`) : 0;
    return sum + own + iterationsIn(part, depth + 1);
  }, 0);
};

/**
 * A passphrase is turned into a key by as many iterations as the file asks for, and a file may ask for hours. What is itself
 * locked is not looked into: keys within that would be locked twice.
 *
 * @throws Problem `key-unusable`
 */
export const checkIterations = (file: Node, field: string): void => {
  if (iterationsIn(file, 0) > mostIterations)
    throw unusable(field, `Its passphrase is stretched more than ${mostIterations} times: lock it anew with fewer.`);
};
