import { Webhook } from 'standardwebhooks';
import type { EventView } from '../../domain/event.ts';
import { reasonOf } from './hub-call.ts';

const patienceMs = 15_000;

/** Sends events on as the hub would, signed by this very moment. Answers what the receiver said, in words. */
export const forwarder = ({ to, secret }: { to: URL; secret: string }, signal: AbortSignal) => {
  const signer = new Webhook(secret);
  return async (event: EventView): Promise<string> => {
    const body = JSON.stringify(event);
    const at = new Date();
    const startedMs = performance.now();
    try {
      const response = await fetch(to, {
        method: 'POST',
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]),
        headers: {
          'content-type': 'application/json',
          'user-agent': 'samtykkehub listen',
          'webhook-id': event.id,
          'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
          'webhook-signature': signer.sign(event.id, at, body),
        },
        body,
      });
      await response.body?.cancel();
      return `${response.status} after ${Math.round(performance.now() - startedMs)} ms`;
    } catch (error) {
      return `no answer (${reasonOf(error)})`;
    }
  };
};
