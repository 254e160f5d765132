import { Counter, Histogram, type Registry } from 'prom-client';
import type { Clock } from './lib/clock.ts';
import { seenGauges } from './seen-gauges.ts';
import type { OpenStore } from './store/open-store.ts';
import type { WebhookMetrics } from './usecases/metrics-port.ts';

/** How webhooks fare: what came of this process's tries, and how all tenants' endpoints stand, whoever sends to them. */
export const openWebhookMetrics = (
  registry: Registry,
  { store, clock }: { store: Pick<OpenStore, 'endpointsSeen'>; clock: Clock },
): WebhookMetrics => {
  const tries = new Counter({
    name: 'hub_webhook_tries_total',
    help: 'Tries to deliver a webhook, by outcome: delivered, failed (and tried again), given-up (too often or too long), gone (410: its endpoint is disabled), or overtaken (its hand-out was, and it is not recorded)',
    labelNames: ['outcome'],
    registers: [registry],
  });
  for (const outcome of ['delivered', 'failed', 'given-up', 'gone', 'overtaken'] as const) tries.inc({ outcome }, 0);
  const seconds = new Histogram({
    name: 'hub_webhook_try_seconds',
    help: 'How long receivers took to answer, or until one was given up on',
    buckets: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
    registers: [registry],
  });
  const gauge = seenGauges(registry, () => store.endpointsSeen(clock.now()));
  gauge(
    'hub_webhook_endpoints',
    'Endpoints by state: well, stumbling (its last tries failed), failing, resting (asked for with Retry-After), gone (answered 410), disabled (by its tenant), suspended (its tenant is)',
    ['state'],
    (seen, told) => {
      for (const { state, endpoints } of seen) told({ state }, endpoints);
    },
  );
  gauge(
    'hub_webhook_deliveries',
    'Deliveries that wait (pending) or are held, by the state of their endpoint; of one endpoint up to 10,000 are counted',
    ['endpoint', 'status'],
    (seen, told) => {
      for (const { state: endpoint, pending, held } of seen)
        for (const [status, many] of Object.entries({ pending, held })) told({ endpoint, status }, many);
    },
  );
  gauge(
    'hub_webhook_oldest_pending_seconds',
    'Age of the oldest event that waits to be delivered, by the state of its endpoint; replays do not count',
    ['endpoint'],
    (seen, told) => {
      for (const { state: endpoint, oldestSeconds } of seen) told({ endpoint }, oldestSeconds);
    },
  );
  return {
    tried(outcome, durationMs) {
      tries.inc({ outcome });
      seconds.observe(durationMs / 1000);
    },
  };
};
