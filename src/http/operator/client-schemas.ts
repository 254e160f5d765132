import { z } from 'zod';
import { clientWarningCodes, type Examined } from '../../domain/client-scopes.ts';
import { problemView } from '../../domain/consent-view.ts';
import type { MaskinportenClient as ClientState } from '../../usecases/use-cases.ts';
import { Instant, InstantIn, isoOrNull, Line, orNull, Scope, Uuid } from '../fields.ts';
import { KeptProblem } from '../tenant/consent-schemas.ts';
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

export const KeyChange = z.strictObject({
  registeredAt: InstantIn.meta({
    description: 'When the same key was registered anew at Maskinporten: its year begins again.',
  }),
});

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
        state: z.enum(['generating', 'pending', 'active', 'retiring', 'retired']).meta({
          description:
            '`pending`: to be registered, signs nothing yet. `active`: signs. `retiring`: there to fall back on.',
        }),
        publicJwk: PublicJwk.nullable(),
        source: z
          .union([z.object({ file: z.string() }), z.object({ pkcs11: z.string() })])
          .nullable()
          .meta({ description: 'Where its private part lies, when that is not with the hub.' }),
        fault: z.string().nullable().meta({ description: 'Why a worker found it unusable.' }),
        createdAt: Instant,
        registeredAt: Instant.nullable().meta({ description: 'At Maskinporten, as far as the hub knows.' }),
        listedAt: Instant.nullable().meta({
          description: 'Since when the hub has seen it in its client’s key set at Digdir, where it may look.',
        }),
        expiresAt: Instant.nullable().meta({ description: 'When Maskinporten takes it no longer.' }),
        provedAt: Instant.nullable().meta({ description: 'When Maskinporten first took a grant signed with it.' }),
        activeSince: Instant.nullable().meta({ description: 'Of a `retiring` one: since when another signs.' }),
        problem: KeptProblem.nullable().meta({ description: 'Its latest refusal, while it is not proved.' }),
        retiredAt: Instant.nullable(),
      }),
    ),
    stopped: z.object({ since: Instant, problem: KeptProblem }).nullable().meta({
      description: 'Maskinporten refused the client or all its keys: nothing is asked for until it takes it.',
    }),
    warnings: z
      .array(z.object({ code: z.enum(clientWarningCodes), detail: z.string() }))
      .meta({ description: 'What should be otherwise.' }),
    createdAt: Instant,
    updatedAt: Instant,
  })
  .meta({ id: 'MaskinportenClient' });

export const clientView = ({ stoppedAt, stoppedProblem, ...client }: Examined<ClientState>) => ({
  ...client,
  stopped:
    stoppedAt && stoppedProblem ? { since: stoppedAt.toISOString(), problem: problemView(stoppedProblem) } : null,
  keys: client.keys.map((key) => ({
    id: key.id,
    kid: orNull(key.kid),
    state: key.state,
    publicJwk: orNull(key.publicJwk),
    source: orNull(key.source),
    fault: orNull(key.fault),
    createdAt: key.createdAt.toISOString(),
    registeredAt: isoOrNull(key.registeredAt),
    listedAt: isoOrNull(key.listedAt),
    expiresAt: isoOrNull(key.expiresAt),
    provedAt: isoOrNull(key.provedAt),
    activeSince: isoOrNull(key.activeSince),
    problem: key.problem ? problemView(key.problem) : null,
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
