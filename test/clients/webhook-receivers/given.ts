import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { openWebhookSender } from '../../../src/clients/webhook-receivers/webhook-sender.ts';
import { openLog } from '../../../src/lib/log.ts';
import type { WebhookSender } from '../../../src/usecases/ports.ts';
import { patience } from '../neighbour.ts';

type Message = Parameters<WebhookSender['send']>[0];

export const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

export const message = {
  tenantId: 'bank',
  id: 'evt_1',
  timestamp: new Date(),
  body: '{"type":"ping","text":"æøå"}',
  secrets: [newSecret()],
} satisfies Omit<Message, 'url'>;

export type SenderOptions = Partial<Parameters<typeof openWebhookSender>[0]>;

/** A sender that may reach this machine unless it is told otherwise; closed when the test ends. */
export const openSender = (options: SenderOptions = {}) => {
  const lines: string[] = [];
  const log = openLog('debug', (line) => lines.push(line));
  const sender = openWebhookSender({ production: false, allow: ['127.0.0.0/8'], log, ...options });
  onTestFinished(() => sender.close());
  return {
    sender,
    lines,
    send: (url: string, more: Partial<Message> = {}) => sender.send({ ...message, url, ...more }, patience()),
  };
};
