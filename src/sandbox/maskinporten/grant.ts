import { decodeJwt, decodeProtectedHeader } from 'jose';
import { z } from 'zod';
import { GrantRefused } from './refusals.ts';

const numericDate = z.number().int().nonnegative();

/**
 * A grant's claims. Unknown ones are refused since August 2025; `nbf` and `sub`, which some clients send, are put up
 * with. `resource` should be an array, yet several clients in production send a string.
 */
const Claims = z.strictObject({
  aud: z.union([z.string(), z.array(z.string())]),
  iss: z.string().min(1),
  iat: numericDate,
  exp: numericDate,
  scope: z.string().regex(/^\S+( \S+)*$/),
  jti: z.string().min(1).optional(),
  consumer_org: z
    .string()
    .regex(/^\d{9}$/)
    .optional(),
  resource: z.union([z.string(), z.array(z.string())]).optional(),
  pid: z
    .string()
    .regex(/^\d{11}$/)
    .optional(),
  authorization_details: z.array(z.record(z.string(), z.unknown())).min(1).optional(),
  nbf: numericDate.optional(),
  sub: z.string().optional(),
});

const Header = z.object({
  alg: z.enum(['RS256', 'RS384', 'RS512']),
  kid: z.string().optional(),
  x5c: z.unknown().optional(),
});

export type GrantClaims = z.infer<typeof Claims>;
export type Grant = { assertion: string; header: z.infer<typeof Header>; claims: GrantClaims };

/** Reads a form and the JWT in it; nothing is believed yet. */
export const readGrant = (form: string): Grant => {
  const fields = new URLSearchParams(form);
  if (fields.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') {
    throw new GrantRefused('unsupported-grant-type');
  }
  const assertion = fields.get('assertion');
  if (!assertion) throw new GrantRefused('assertion-missing');
  try {
    const header = Header.parse(decodeProtectedHeader(assertion));
    return { assertion, header, claims: Claims.parse(decodeJwt(assertion)) };
  } catch {
    throw new GrantRefused('MP-011');
  }
};
