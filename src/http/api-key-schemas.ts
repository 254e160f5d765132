import { z } from 'zod';
import { mostAllowedAddresses, mostAppKeys } from '../domain/api-key.ts';
import { normalNetwork } from '../lib/networks.ts';
import { type ApiKey as ApiKeyState, type OperatorKey, tenantScopes } from '../usecases/use-cases.ts';
import { coded } from './faults.ts';
import { Instant, InstantIn, isoOrNull, Line, lastCheck, orNull, Uuid } from './fields.ts';

export const KeyName = Line(100).meta({ description: 'To tell keys apart.', example: 'loan application' });

/** An address is a network of one. Bits to the right of the network's own are refused: less may have been meant, or more. */
const Network = z
  .string()
  .max(60, lastCheck)
  .refine(
    (text) => normalNetwork(text) !== undefined,
    coded('network-invalid', 'must be an address or a network such as 192.0.2.0/24 or 2001:db8::/32'),
  )
  .transform((text) => normalNetwork(text) ?? text)
  .meta({ example: '192.0.2.0/24' });
const AllowedAddresses = z.array(Network).min(1).max(mostAllowedAddresses).meta({
  description:
    'Networks that the key may be used from, and the tokens of an app that signs; without, from anywhere. What comes from elsewhere gets `address-not-allowed`.',
});

/** What is wrong with each key, the verb says: it reads them. */
const PublicKeys = z
  .strictObject({
    keys: z
      .array(z.record(z.string(), z.unknown()))
      .min(1)
      .max(mostAppKeys)
      .meta({ description: 'Public JWKs: RSA, EC on P-256 or Ed25519.' }),
  })
  .meta({
    description:
      'A JWK set (RFC 7517). With it no secret is made: the app signs with its own keys, and exchanges what it signed for short-lived tokens at `/oauth/token` (`private_key_jwt`, RFC 7523), where `client_id` is the id of this key.',
    example: {
      keys: [{ kty: 'OKP', crv: 'Ed25519', kid: '2026-11', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }],
    },
  });

export const ApiKeyAsk = z
  .strictObject({
    name: KeyName,
    scopes: z.array(z.enum(tenantScopes)).min(1).max(tenantScopes.length),
    expiresAt: InstantIn.exactOptional(),
    publicKeys: PublicKeys.exactOptional(),
    allowedAddresses: AllowedAddresses.exactOptional(),
  })
  .meta({ id: 'ApiKeyAsk' });

export const ApiKeyChange = z
  .strictObject({
    name: KeyName.exactOptional(),
    publicKeys: PublicKeys.exactOptional().meta({ description: 'All of them from now on, and no others.' }),
    allowedAddresses: AllowedAddresses.nullable().exactOptional().meta({ description: 'Null: from anywhere.' }),
  })
  .meta({ id: 'ApiKeyChange' });

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
export const keyView = (key: Omit<OperatorKey, 'role'>) => ({
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
const secret = key.nullable().meta({ description: 'The key itself, shown once; null where the app has its own.' });

const HandedOut = z
  .object({ tokens: z.int(), lastAt: Instant })
  .meta({ description: 'Tokens that were handed out with this key, of all scopes; counted within a second or two.' });

export const ApiKey = KeyFields.extend({
  kind: z.enum(['secret', 'private_key_jwt']),
  scopes: z.array(z.enum(tenantScopes)),
  publicKeys: z
    .object({ keys: z.array(z.record(z.string(), z.string())) })
    .nullable()
    .meta({ description: 'What the app’s signatures are checked with.' }),
  allowedAddresses: z.array(z.string()).nullable().meta({ description: 'Null: from anywhere.' }),
  handedOut: HandedOut.nullable(),
}).meta({ id: 'ApiKey' });
export const NewApiKey = ApiKey.extend({ key: secret }).meta({ id: 'NewApiKey' });
export const apiKeyView = (made: ApiKeyState) => ({
  ...keyView(made),
  kind: made.kind,
  scopes: made.scopes,
  publicKeys: made.publicKeys ? { keys: made.publicKeys } : null,
  allowedAddresses: orNull(made.allowedAddresses),
  handedOut: made.handedOut ? { ...made.handedOut, lastAt: made.handedOut.lastAt.toISOString() } : null,
});

export const newApiKeyView = (made: ApiKeyState & { key?: string }) => ({
  ...apiKeyView(made),
  key: orNull(made.key),
});
