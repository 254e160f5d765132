import { createHmac } from 'node:crypto';

type Signed = { id: string; timestamp: Date; body: string; secrets: readonly string[] };

/**
 * Headers of Standard Webhooks 1.0. While a secret is being replaced there are two, and so two signatures.
 * @see docs/sources/standard-webhooks.md
 */
export const webhookHeaders = ({ id, timestamp, body, secrets }: Signed): Record<string, string> => {
  const seconds = Math.floor(timestamp.getTime() / 1000);
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': signatures.join(' '),
  };
};
