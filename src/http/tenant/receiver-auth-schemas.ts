import { z } from 'zod';
import type { ReceiverAuth as AuthState } from '../../domain/receiver.ts';
import { Instant, Line, lastCheck, orNull, WebhookUrl } from '../fields.ts';

/** RFC 6749, appendix A: visible ASCII, the secret with blanks. */
const Visible = (most: number) => Line(most).regex(/^[\x20-\x7e]+$/);
const OAuthScope = Line(1000).regex(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
const Pem = (most: number) => z.string().min(1).max(most, lastCheck);
const clientAuthentication = z.enum(['basic', 'post']);

const MutualTls = z.strictObject({
  kind: z.literal('mtls'),
  certificate: Pem(40_000).meta({ description: 'PEM; with its chain behind it, each issued by the next.' }),
  privateKey: Pem(10_000).meta({ description: 'PEM, RSA or EC, without a passphrase. Sealed, and never shown.' }),
});
const ClientCredentials = z.strictObject({
  kind: z.literal('oauth'),
  tokenUrl: WebhookUrl.meta({
    description: 'Where tokens come from. Held to the same rules as `url`.',
    example: 'https://login.bank.example/oauth2/token',
  }),
  clientId: Visible(255),
  clientSecret: z
    .string()
    .min(1)
    .max(2000, lastCheck)
    .regex(/^[\x20-\x7e]+$/)
    .meta({ description: 'Sealed, and never shown.' }),
  scope: OAuthScope.exactOptional(),
  clientAuthentication: clientAuthentication.default('basic').meta({
    description: 'Where client and secret stand: in the `Authorization` header, or in the body.',
  }),
});

export const ReceiverAuthAsk = z.discriminatedUnion('kind', [MutualTls, ClientCredentials]).meta({
  description:
    'How the hub shows your receiver who it is, beside the signature: a certificate for mutual TLS, or a bearer token by OAuth’s client credentials (RFC 6749, 4.4).',
});

export const ReceiverAuth = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('mtls'),
      subject: z.string().meta({ example: 'CN=samtykkehub' }),
      issuer: z.string(),
      expiresAt: Instant,
    }),
    z.object({
      kind: z.literal('oauth'),
      tokenUrl: z.string(),
      clientId: z.string(),
      scope: z.string().nullable(),
      clientAuthentication,
    }),
  ])
  .meta({ id: 'ReceiverAuth' });

export const receiverAuthView = (auth: AuthState | undefined) =>
  auth?.kind === 'oauth' ? { ...auth, scope: orNull(auth.scope) } : orNull(auth);
