import type { SigningKey } from '../../usecases/ports.ts';
import { type Grant, grantClaims } from './wire.ts';

const part = (value: string | Uint8Array): string => Buffer.from(value).toString('base64url');

/** A registered key goes by its name, an enterprise certificate by its chain; never both. */
const header = ({ kid, certificateChain }: SigningKey): object => {
  if (kid !== undefined) return { alg: 'RS256', kid };
  if (certificateChain && certificateChain.length > 0) return { alg: 'RS256', x5c: certificateChain };
  throw new Error('a signing key needs a kid or a certificate chain');
};

/** The signed grant. Only `sign` touches the key, so that it may as well live in another machine. */
export const signGrant = async (key: SigningKey, grant: Grant): Promise<string> => {
  const input = `${part(JSON.stringify(header(key)))}.${part(JSON.stringify(grantClaims(grant)))}`;
  return `${input}.${part(await key.sign(Buffer.from(input)))}`;
};
