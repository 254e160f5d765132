import type { WebhookEndpoint } from '../use-cases.ts';
import type { KeptEndpoint } from '../webhook-rows-port.ts';

/** An endpoint without anything secret, and with the public keys that verify what is signed now. */
export const shownEndpoint = (
  { secret: _, authSealed: __, previous: ___, publicKey, previousPublicKey, previousUntil, ...endpoint }: KeptEndpoint,
  now: Date,
): WebhookEndpoint => {
  const earlier = previousUntil && previousUntil > now ? previousPublicKey : undefined;
  return { ...endpoint, publicKeys: [publicKey, earlier].filter((key) => key !== undefined) };
};
