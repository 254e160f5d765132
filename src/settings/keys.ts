import { z } from 'zod';
import type { SealingKey } from '../lib/seal.ts';

const entropyless = (bytes: Buffer): boolean => bytes.every((byte) => byte === bytes[0]);

/** `id:base64`, comma separated. */
export const sealingKeys = z.string().transform((text, ctx): SealingKey[] => {
  const fault = (message: string) => ctx.addIssue({ code: 'custom', message });
  const keys = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const [, id = '', key = ''] = /^([\w.-]{1,64}):(.+)$/.exec(part) ?? [];
      const bytes = Buffer.from(key, 'base64');
      if (id === '' || bytes.length !== 32) fault('each is id:base64 of 32 bytes');
      else if (entropyless(bytes)) fault('each is of 32 random bytes, which these are not');
      return { id, key: bytes };
    });
  // What one of them sealed the other would not open, and nothing tells them apart.
  if (new Set(keys.map(({ id }) => id)).size < keys.length) fault('no two keys have the same id');
  return keys;
});

const jwkSet = z.string().transform((text, ctx) => {
  try {
    const read: unknown = JSON.parse(text);
    const keys = Array.isArray(read) ? read : ((read as { keys?: unknown }).keys ?? [read]);
    return z.array(z.record(z.string(), z.unknown())).min(1).parse(keys);
  } catch {
    ctx.addIssue({ code: 'custom', message: 'must be a JWK, a list of them or a JWK set, as JSON' });
    return z.NEVER;
  }
});

/** RFC 7518, 6.2.2, 6.3.2 and 6.4: what makes a key a private or a secret one. */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

export const privateJwks = jwkSet;
/** Every process may have these, the one that faces the world too. */
export const publicJwks = jwkSet.refine(
  (keys) => !keys.some((key) => privateMembers.some((member) => Object.hasOwn(key, member))),
  'holds a private key; give the public part alone',
);
