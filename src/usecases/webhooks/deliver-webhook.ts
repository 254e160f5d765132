import { nextTry } from '../../domain/webhook.ts';
import type { Parts } from '../memory.ts';
import type { Attempt } from '../store-port.ts';
import type { Work } from '../use-cases.ts';
import { answerPlace } from './deliveries.ts';
import { howToSend } from './how-to-send.ts';

/**
 * Tries one delivery once and records the try. The receiver may get an event twice (a crash between its answer and our
 * record), always with the same `webhook-id`; never again after a 2xx was recorded.
 */
export const deliverWebhook = (parts: Parts): Work => {
  const { clock, store, sealing, webhooks, settings } = parts;

  return async ({ tenantId, subjectId: id }, signal) => {
    const due = await store.asTenant(tenantId, (rows) => rows.deliveries.due(id));
    if (due?.delivery.status !== 'pending') return undefined;
    const { delivery, event, endpoint } = due;
    if (endpoint.status !== 'enabled' && event.type !== 'ping') {
      await store.asTenant(tenantId, (rows) => rows.deliveries.giveUp(id));
      return undefined;
    }
    const at = clock.now();
    const result = await webhooks.send(
      {
        tenantId,
        url: endpoint.url,
        id: event.id,
        timestamp: at,
        body: JSON.stringify(event),
        ...howToSend(parts, tenantId, endpoint),
      },
      signal,
    );
    const number = delivery.attempts + 1;
    const attempt: Attempt = {
      number,
      at,
      durationMs: Math.round(result.durationMs),
      ...(result.status === undefined ? {} : { httpStatus: result.status }),
      ...(result.error === undefined ? {} : { error: result.error }),
      ...(result.answer ? { answerSealed: sealing.seal(answerPlace(tenantId, id, number), result.answer) } : {}),
    };
    const delivered = result.status !== undefined && result.status >= 200 && result.status < 300;
    const scheduled = delivered
      ? undefined
      : nextTry(
          { attempts: number, createdAt: delivery.createdAt },
          settings.webhookSchedule,
          clock.now(),
          Math.random(),
        );
    const asked = new Date(clock.now().getTime() + Math.min(result.retryAfterSeconds ?? 0, 24 * 60 * 60) * 1000);
    const nextAt = scheduled && (asked > scheduled ? asked : scheduled);
    const status = delivered ? 'delivered' : nextAt ? 'pending' : 'given-up';
    await store.asTenant(tenantId, (rows) =>
      rows.deliveries.record(id, attempt, { status, ...(nextAt ? { nextAt } : {}) }),
    );
    return nextAt && { nextAt };
  };
};
