import { randomBytes, randomUUID } from 'node:crypto';

/** Where randomness comes from, so that a test may choose it. */
export type Ids = {
  /** A UUIDv7: new ones sort after old ones, which keeps indexes warm. Not a secret. */
  uuid(): string;
  /** So many random bits as base64url: for what must not be guessed. */
  secret(bits: 128 | 256): string;
};

/** RFC 9562, version 7: 48 bits of milliseconds before the random bits that Node keeps in stock, so that it costs next to nothing. */
const uuidV7 = (): string => {
  const now = Date.now();
  if (now !== latest) {
    const time = now.toString(16).padStart(12, '0');
    head = `${time.slice(0, 8)}-${time.slice(8)}-7`;
    latest = now;
  }
  return head + randomUUID().slice(15);
};
/** The millisecond of the latest one, and what it begins with. */
let latest = 0;
let head = '';

export const randomIds: Ids = {
  uuid: uuidV7,
  secret: (bits) => randomBytes(bits / 8).toString('base64url'),
};
