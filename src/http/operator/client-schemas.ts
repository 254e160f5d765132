import { z } from 'zod';
import type { Examined } from '../../domain/client-scopes.ts';
import type { MaskinportenClient as ClientState } from '../../usecases/use-cases.ts';
import { Instant, isoOrNull, Line, orNull, Scope, Uuid } from '../fields.ts';
import { KeyAskIn } from './key-schemas.ts';

const Name = Line(200).meta({ example: 'consents' });
const Scopes = z.array(Scope).max(200).meta({ description: 'Scopes registered on the client at Maskinporten.' });
export const ClientAsk = z.strictObject({
  name: Name,
  clientId: Line(200).meta({
    description: 'Maskinporten’s `client_id`.',
    example: '5b3c6a8e-0d0e-4f0e-9d6e-2f7f6a3f1c11',
  }),
  purpose: z.enum(['consents', 'data', 'admin']),
  scopes: Scopes,
  key: KeyAskIn,
});
export const ClientChange = z.strictObject({ name: Name.exactOptional(), scopes: Scopes.exactOptional() });

/** The public part and nothing else: what is not named here never leaves. */
const PublicJwk = z.object({
  kty: z.string(),
  n: z.string().optional(),
  e: z.string().optional(),
  kid: z.string().optional(),
  alg: z.string().optional(),
  use: z.string().optional(),
  x5c: z.array(z.string()).optional(),
});
export const Jwks = z.object({ keys: z.array(PublicJwk) }).meta({ id: 'Jwks' });

export const MaskinportenClient = z
  .object({
    id: Uuid,
    name: z.string(),
    clientId: z.string(),
    purpose: z.enum(['consents', 'data', 'admin']),
    scopes: z.array(z.string()),
    keys: z.array(
      z.object({
        id: Uuid,
        kid: z.string().nullable(),
        state: z.enum(['generating', 'active', 'retired']),
        publicJwk: PublicJwk.nullable(),
        source: z
          .union([z.object({ file: z.string() }), z.object({ pkcs11: z.string() })])
          .nullable()
          .meta({ description: 'Where its private part lies, when that is not with the hub.' }),
        fault: z.string().nullable().meta({ description: 'Why a worker found it unusable.' }),
        expiresAt: Instant.nullable().meta({ description: 'When Maskinporten takes it no longer, as far as we know.' }),
        createdAt: Instant,
        retiredAt: Instant.nullable(),
      }),
    ),
    warnings: z
      .array(z.object({ code: z.enum(['scopes-mixed', 'lives-mixed']), detail: z.string() }))
      .meta({ description: 'What should be otherwise, though it works.' }),
    createdAt: Instant,
    updatedAt: Instant,
  })
  .meta({ id: 'MaskinportenClient' });

export const clientView = (client: Examined<ClientState>) => ({
  ...client,
  keys: client.keys.map((key) => ({
    id: key.id,
    kid: orNull(key.kid),
    state: key.state,
    publicJwk: orNull(key.publicJwk),
    source: orNull(key.source),
    fault: orNull(key.fault),
    expiresAt: isoOrNull(key.expiresAt),
    createdAt: key.createdAt.toISOString(),
    retiredAt: isoOrNull(key.retiredAt),
  })),
  createdAt: client.createdAt.toISOString(),
  updatedAt: client.updatedAt.toISOString(),
});

/** Public parts of the keys in use, for registration at Maskinporten. */
export const jwksView = ({ keys }: Pick<Examined<ClientState>, 'keys'>) => ({
  keys: keys.flatMap(({ publicJwk, kid, state }) =>
    publicJwk === undefined || state === 'retired'
      ? []
      : [{ use: 'sig', alg: 'RS256', ...publicJwk, ...(kid === undefined ? {} : { kid }) }],
  ),
});
