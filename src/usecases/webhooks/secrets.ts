import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { Problem } from '../../domain/problem.ts';
import type { Signing } from '../../domain/receiver.ts';
import type { Place, SealingRing } from '../../lib/seal.ts';
import type { EndpointSecrets, KeptEndpoint } from '../webhook-rows-port.ts';

export const secretPlace = (tenantId: string, endpointId: string): Place => ({
  tenantId,
  table: 'webhook_endpoints',
  column: 'secret_sealed',
  row: endpointId,
});

/** What signs, and the public half of it where it has one. */
export type Signer = { signing: Signing; secret: string; publicKey?: string };

/** @throws Problem `webhook-secret-invalid` */
const checkOwnSecret = (secret: string, signing: Signing): string => {
  const [, text = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
  const bytes = Buffer.from(text, 'base64');
  const wrong =
    signing !== 'v1'
      ? 'goes with signing v1; with v1a the hub makes the pair'
      : bytes.toString('base64') !== text
        ? 'must be `whsec_` and base64 behind it'
        : bytes.length < 24 || bytes.length > 64
          ? 'must hold 24 to 64 bytes'
          : new Set(bytes).size < 8
            ? 'must be of random bytes'
            : undefined;
  if (wrong === undefined) return secret;
  throw new Problem('webhook-secret-invalid', `/secret ${wrong}`, {
    errors: [{ field: '/secret', code: 'webhook-secret-invalid', detail: wrong }],
  });
};

const base64 = (base64url: string | undefined): string => Buffer.from(base64url ?? '', 'base64url').toString('base64');

/**
 * Standard Webhooks: for `v1` 24 to 64 random bytes behind `whsec_`, or those that the tenant brings; for `v1a` an Ed25519
 * pair, the private half behind `whsk_` and the public one behind `whpk_`.
 *
 * @throws Problem `webhook-secret-invalid`
 */
export const newSigner = (signing: Signing, own?: string): Signer => {
  if (own !== undefined) return { signing, secret: checkOwnSecret(own, signing) };
  if (signing === 'v1') return { signing, secret: `whsec_${randomBytes(32).toString('base64')}` };
  const { d, x } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return { signing, secret: `whsk_${base64(d)}`, publicKey: `whpk_${base64(x)}` };
};

/** A shared secret is shown when it is new; a private half never is. */
export const shownSecret = (secret: string): { secret?: string } => (secret.startsWith('whsec_') ? { secret } : {});

/** The new one in the first place, and the one before beside it until then. */
export const succeeded = (
  sealing: SealingRing,
  tenantId: string,
  { id, secret: previous, publicKey: previousPublicKey }: KeptEndpoint,
  { signing, secret, publicKey }: Signer,
  previousUntil: Date,
): EndpointSecrets & { signing: Signing } => ({
  signing,
  secret: sealing.seal(secretPlace(tenantId, id), secret),
  ...(publicKey === undefined ? {} : { publicKey }),
  previous,
  ...(previousPublicKey === undefined ? {} : { previousPublicKey }),
  previousUntil,
});

/** An endpoint with those in place of the ones it had. */
export const withSecrets = (
  { publicKey: _, previousPublicKey: __, ...endpoint }: KeptEndpoint,
  secrets: ReturnType<typeof succeeded>,
): KeptEndpoint => ({ ...endpoint, ...secrets });
