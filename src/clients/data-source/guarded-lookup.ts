import { type LookupAddress, type LookupOptions, lookup } from 'node:dns';
import { isIP } from 'node:net';
import { isNeverReached } from '../addresses.ts';

/** Where clouds tell a machine its secrets, and the like: whatever a catalogue says, no person's data are there. */
export const isForbidden = (hostname: string): boolean => {
  const address = hostname.replace(/^\[|\]$/g, '');
  return isIP(address) !== 0 && isNeverReached(address);
};

type Found = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

/** As the system looks a name up; one that stands for such an address stands for nothing. */
export const guardedLookup = (hostname: string, options: LookupOptions, found: Found): void => {
  lookup(hostname, options, (error, address, family) => {
    const all = Array.isArray(address) ? address.map((one) => one.address) : [address];
    if (!error && all.some(isForbidden)) {
      const refused: NodeJS.ErrnoException = new Error('the name stands for an address that nothing is sent to');
      refused.code = 'ENOTFOUND';
      found(refused, '', 0);
    } else found(error, address, family);
  });
};
