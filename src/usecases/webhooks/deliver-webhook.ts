import { type Judgement, judge } from '../../domain/webhook.ts';
import type { DueDelivery } from '../delivery-port.ts';
import type { Parts } from '../memory.ts';
import type { HandOut } from '../outbox-port.ts';
import type { DeliveryResult, HowToSend } from '../ports.ts';
import type { Work } from '../use-cases.ts';
import type { Attempt, SentTo } from '../webhook-rows-port.ts';
import { answerPlace } from './deliveries.ts';
import { howToSend } from './how-to-send.ts';

/** So many at most are named in a header; a receiver that missed more reads the feed. */
const mostNamed = 20;

/** What a receiver is told besides: that this one is a replay, and which were given up before it. */
const hubHeaders = ({ replay, gaveUp }: DueDelivery): Record<string, string> => ({
  ...(replay ? { 'hub-replay': 'true' } : {}),
  ...(gaveUp.length > 0 ? { 'hub-gave-up': gaveUp.slice(-mostNamed).join(', ') } : {}),
});

const outcomeOf = ({ outcome, gone }: Judgement) => {
  if (gone) return 'gone';
  return outcome === 'pending' ? 'failed' : outcome;
};

/**
 * Tries the oldest delivery of a lane once and records the try; what comes after it in the lane waits until it arrived or is
 * given up. The receiver may get an event twice (a crash between its answer and our record), always with the same
 * `webhook-id`; never again after a 2xx was recorded.
 */
export const deliverWebhook = (parts: Parts): Work => {
  const { clock, store, sealing, webhooks, webhookMetrics, settings, log } = parts;

  /** Opened once for all that are read of an endpoint together; a secret that ends is looked at each time. */
  const ways = new WeakMap<SentTo, HowToSend>();
  const wayTo = (tenantId: string, endpoint: SentTo): HowToSend => {
    const way = ways.get(endpoint) ?? howToSend(parts, tenantId, endpoint);
    if (!endpoint.previousUntil) ways.set(endpoint, way);
    return way;
  };

  const send = (tenantId: string, delivery: DueDelivery, at: Date, signal: AbortSignal): Promise<DeliveryResult> =>
    webhooks.send(
      {
        tenantId,
        url: delivery.endpoint.url,
        id: delivery.event.id,
        timestamp: at,
        body: delivery.body,
        headers: hubHeaders(delivery),
        ...wayTo(tenantId, delivery.endpoint),
      },
      signal,
    );
  const record = async (
    handOut: HandOut,
    delivery: DueDelivery,
    at: Date,
    result: DeliveryResult,
  ): Promise<boolean> => {
    const number = delivery.attempts + 1;
    const now = clock.now();
    const attempt: Attempt = {
      number,
      at,
      durationMs: Math.round(result.durationMs),
      ...(result.status === undefined ? {} : { httpStatus: result.status }),
      ...(result.error === undefined ? {} : { error: result.error }),
      ...(result.answer
        ? { answerSealed: sealing.seal(answerPlace(handOut.tenantId, delivery.id, number), result.answer) }
        : {}),
    };
    const tried = { attempts: number, createdAt: delivery.createdAt };
    const judged = judge(result, tried, settings.webhookSchedule, now, Math.random());
    const isRecorded = await store.recordAttempt(handOut, delivery, attempt, judged, now);
    webhookMetrics.tried(isRecorded ? outcomeOf(judged) : 'overtaken', result.durationMs);
    return isRecorded;
  };

  return async (handOut, signal) => {
    const { tenantId, subjectId: lane } = handOut;
    const due = await store.dueDelivery(tenantId, lane, clock.now());
    if (due.verdict === 'idle') return undefined;
    if (due.verdict === 'wait') return { nextAt: due.until };
    const { delivery } = due;
    if (due.verdict === 'gate') {
      const passed = await store.passGate(tenantId, lane, clock.now());
      if (passed.verdict === 'idle') return undefined;
      if (passed.verdict === 'wait') return { nextAt: passed.until };
      // Another one has come before it meanwhile.
      if (passed.id !== delivery.id) return { nextAt: clock.now() };
    }
    const at = clock.now();
    const result = await send(tenantId, delivery, at, signal);
    if (!(await record(handOut, delivery, at, result)))
      log.warn({ tenantId, lane, handOut: handOut.handOut }, 'overtaken by a later hand-out; its try is not recorded');
    return { settled: true };
  };
};
