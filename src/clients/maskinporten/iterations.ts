import forge from 'node-forge';
import { unusable } from './unusable.ts';

/** Each costs a thread some microseconds; the keystores people have use 2,000 to 52,000. */
const mostIterations = 60_000;

/** Real ones have some twenty layers. */
const mostDepth = 50;

const { Type } = forge.asn1;

/** What stands in an octet string, when that is more of the same. */
const inside = (bytes: string): forge.asn1.Asn1[] => {
  try {
    return [forge.asn1.fromDer(bytes)];
  } catch {
    return [];
  }
};

/**
 * A passphrase is turned into a key by as many iterations as the file asks for, and a file may ask for hours. In each of
 * these forms (PKCS#5, PKCS#12, scrypt) their number follows a salt.
 *
 * @throws Problem `key-unusable`
 */
export const checkIterations = (node: forge.asn1.Asn1, field: string, depth = 0): void => {
  if (depth > mostDepth) throw unusable(field, 'It is nested too deeply.');
  if (typeof node.value === 'string') {
    if (node.type === Type.OCTETSTRING) for (const one of inside(node.value)) checkIterations(one, field, depth + 1);
    return;
  }
  for (const [place, part] of node.value.entries()) {
    const next = node.value[place + 1];
    if (part.type === Type.OCTETSTRING && next?.type === Type.INTEGER && typeof next.value === 'string') {
      const count = next.value.length > 4 ? mostIterations + 1 : forge.asn1.derToInteger(next.value);
      if (count > mostIterations)
        throw unusable(
          field,
          `Its passphrase is stretched more than ${mostIterations} times: lock it anew with fewer.`,
        );
    }
    checkIterations(part, field, depth + 1);
  }
};
