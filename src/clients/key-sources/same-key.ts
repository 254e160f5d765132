import type { KeyObject } from 'node:crypto';
import type { PublicKey } from '../../usecases/ports.ts';

/** Is what lies there now the key that was read when it was added? */
export const isSame = (found: KeyObject, { publicJwk }: PublicKey): boolean => {
  const { n, e } = found.export({ format: 'jwk' });
  return n === publicJwk['n'] && e === publicJwk['e'];
};
