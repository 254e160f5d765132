import { Counter, type Registry } from 'prom-client';
import type { Clock } from './lib/clock.ts';
import { seenGauges } from './seen-gauges.ts';
import type { Feeds } from './usecases/feed-store-port.ts';
import type { FeedMetrics } from './usecases/metrics-port.ts';

/** How tenants' feeds fare: what this process read, and how stale the stalest is, whoever reads it. */
export const openFeedMetrics = (
  registry: Registry,
  { feeds, clock }: { feeds: Pick<Feeds, 'seen'>; clock: Clock },
): FeedMetrics => {
  const pages = new Counter({
    name: 'hub_feed_pages_total',
    help: 'Pages of tenants’ feeds that were asked for, by outcome: read, or the code of the problem',
    labelNames: ['outcome'],
    registers: [registry],
  });
  const changes = new Counter({
    name: 'hub_feed_changes_total',
    help: 'Consents that a feed changed: neither the browser’s return nor reading them had shown it yet',
    registers: [registry],
  });
  const gauge = seenGauges(registry, () => feeds.seen(clock.now()));
  gauge(
    'hub_feed_staleness_seconds',
    'Since the stalest feed was read to its end, of tenants with a pending consent and of those with accepted ones alone',
    ['while'],
    (seen, told) => {
      for (const { stalestMs, ...row } of seen) told({ while: row.while }, stalestMs / 1000);
    },
  );
  gauge(
    'hub_feed_tenants',
    'Tenants whose feed is read, while consents are pending or accepted ones alone live',
    ['while'],
    (seen, told) => {
      for (const { tenants, ...row } of seen) told({ while: row.while }, tenants);
    },
  );
  return {
    read(changed) {
      pages.inc({ outcome: 'read' });
      changes.inc(changed);
    },
    failed(code) {
      pages.inc({ outcome: code });
    },
  };
};
