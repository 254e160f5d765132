import { z } from 'zod';
import { type ApiKey as ApiKeyState, tenantScopes } from '../usecases/use-cases.ts';
import { Instant, InstantIn, isoOrNull, Line, Uuid } from './fields.ts';

export const KeyName = Line(100).meta({ description: 'To tell keys apart.', example: 'loan application' });

export const ApiKeyAsk = z
  .strictObject({
    name: KeyName,
    scopes: z.array(z.enum(tenantScopes)).min(1).max(tenantScopes.length),
    expiresAt: InstantIn.exactOptional(),
  })
  .meta({ id: 'ApiKeyAsk' });

const keyFields = {
  id: Uuid,
  name: z.string(),
  prefix: z.string().meta({ description: 'The first characters of the key.' }),
  expiresAt: Instant.nullable(),
  revokedAt: Instant.nullable(),
  createdBy: z
    .string()
    .meta({ description: 'Id of the key it was made with; `bootstrap` for the one in the hub’s configuration.' }),
  createdAt: Instant,
};

/** What keys of tenants and operators have in common; the key itself is never among it. */
export const keyView = (key: Omit<ApiKeyState, 'scopes' | 'handedOut'>) => ({
  id: key.id,
  name: key.name,
  prefix: key.prefix,
  expiresAt: isoOrNull(key.expiresAt),
  revokedAt: isoOrNull(key.revokedAt),
  createdBy: key.createdBy,
  createdAt: key.createdAt.toISOString(),
});
export const KeyFields = z.object(keyFields);

/** 256 random bits; shown in the answer to its making and never again. */
export const key = z.string().meta({ description: 'The key itself. Shown once.' });

const HandedOut = z
  .object({ tokens: z.int(), lastAt: Instant })
  .meta({ description: 'Tokens that were handed out with this key, of all scopes; counted within a second or two.' });

export const ApiKey = KeyFields.extend({
  scopes: z.array(z.enum(tenantScopes)),
  handedOut: HandedOut.nullable(),
}).meta({ id: 'ApiKey' });
export const NewApiKey = ApiKey.extend({ key }).meta({ id: 'NewApiKey' });
export const apiKeyView = (made: ApiKeyState) => ({
  ...keyView(made),
  scopes: made.scopes,
  handedOut: made.handedOut ? { ...made.handedOut, lastAt: made.handedOut.lastAt.toISOString() } : null,
});
