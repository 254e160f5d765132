import { createHash } from 'node:crypto';

/** Only the digest of what a browser carries back is kept. */
export const stateDigest = (state: string): Buffer => createHash('sha256').update(state).digest();
