import { createHmac, createPrivateKey, createSecretKey, type KeyObject, sign } from 'node:crypto';
import { LRUCache } from 'lru-cache';

type Signed = { id: string; timestamp: Date; body: string; secrets: readonly string[] };

/** RFC 8410: what stands before the 32 bytes of an Ed25519 key in PKCS#8. */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Node takes longer over a key it is handed as bytes than over the signature. Those used lately are kept as what they become. */
const keys = new LRUCache<string, KeyObject>({ max: 1000, ttl: 60_000, ttlAutopurge: true });

const keyOf = (secret: string): KeyObject => {
  const known = keys.get(secret);
  if (known) return known;
  const bytes = Buffer.from(secret.replace(/^wh(?:sec|sk)_/, ''), 'base64');
  const key = secret.startsWith('whsk_')
    ? createPrivateKey({ key: Buffer.concat([pkcs8Head, bytes]), format: 'der', type: 'pkcs8' })
    : createSecretKey(bytes);
  keys.set(secret, key);
  return key;
};

/** `whsec_` is a shared secret and signs with HMAC (`v1`), `whsk_` the private half of a pair and signs with Ed25519 (`v1a`). */
const signatureOf = (secret: string, text: string): string =>
  secret.startsWith('whsk_')
    ? `v1a,${sign(null, Buffer.from(text), keyOf(secret)).toString('base64')}`
    : `v1,${createHmac('sha256', keyOf(secret)).update(text).digest('base64')}`;

/**
 * Headers of Standard Webhooks 1.0. While a secret is being replaced there are two, and so two signatures.
 * @see docs/sources/standard-webhooks.md
 */
export const webhookHeaders = ({ id, timestamp, body, secrets }: Signed): Record<string, string> => {
  const seconds = Math.floor(timestamp.getTime() / 1000);
  const text = `${id}.${seconds}.${body}`;
  return {
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': secrets.map((secret) => signatureOf(secret, text)).join(' '),
  };
};
