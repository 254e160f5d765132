import { randomBytes, randomUUID } from 'node:crypto';
import { v7 } from 'uuid';

/** Where randomness comes from, so that a test may choose it. */
export type Ids = {
  /**
   * A UUIDv7 (RFC 9562): a process's ids sort as they were made, within a millisecond too, which keeps indexes warm and
   * lists in order. Not a secret.
   */
  uuid(): string;
  /** A random UUID (v4), for what is told apart and never put in order, as each request is: a tenth of what one above costs. */
  trace(): string;
  /** So many random bits as base64url: for what must not be guessed. */
  secret(bits: 128 | 256): string;
};

export const randomIds: Ids = {
  uuid: () => v7(),
  trace: () => randomUUID(),
  secret: (bits) => randomBytes(bits / 8).toString('base64url'),
};
