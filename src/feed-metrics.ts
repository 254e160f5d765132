import { Counter, Gauge, type Registry } from 'prom-client';
import type { Clock } from './lib/clock.ts';
import { remember } from './lib/remember.ts';
import type { Feeds } from './usecases/feed-store-port.ts';
import type { FeedMetrics } from './usecases/ports.ts';

/** The look goes over all tenants: however many ask and however often, no more than that. */
const lookEveryMs = 5000;

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
  const seen = remember(() => feeds.seen(clock.now()), lookEveryMs);
  const seenOnce = async () => (await seen.get('').catch(() => undefined)) ?? [];
  const gauge = (name: string, help: string, of: 'stalestMs' | 'tenants', divisor: number) =>
    new Gauge({
      name,
      help,
      labelNames: ['while'],
      registers: [registry],
      async collect() {
        const rows = await seenOnce();
        this.reset();
        for (const row of rows) this.set({ while: row.while }, row[of] / divisor);
      },
    });
  gauge(
    'hub_feed_staleness_seconds',
    'Since the stalest feed was read to its end, of tenants with a pending consent and of those with accepted ones alone',
    'stalestMs',
    1000,
  );
  gauge(
    'hub_feed_tenants',
    'Tenants whose feed is read, while consents are pending or accepted ones alone live',
    'tenants',
    1,
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
