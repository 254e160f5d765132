import { Counter, type Registry } from 'prom-client';
import type { Clock } from './lib/clock.ts';
import { seenGauges } from './seen-gauges.ts';
import type { OpenStore } from './store/open-store.ts';
import type { ReadMetrics } from './usecases/metrics-port.ts';

/** How many consents are read at Altinn, and how far that is behind its usual pace. */
export const openReadMetrics = (
  registry: Registry,
  { store, clock }: { store: Pick<OpenStore, 'readsAhead'>; clock: Clock },
): ReadMetrics => {
  const reads = new Counter({
    name: 'hub_consent_reads_total',
    help: 'Reads of single consents at Altinn: at the pace of their age (pace), since a browser was back (return), or a last time before one expires (end)',
    labelNames: ['why'],
    registers: [registry],
  });
  for (const why of ['pace', 'return', 'end'] as const) reads.inc({ why }, 0);
  seenGauges(registry, () => store.readsAhead(clock.now()))(
    'hub_consent_reads_behind_seconds',
    'How long a read of a consent waits for its turn within HUB_READS_PER_TENANT (tenant: the one that waits longest) and HUB_READS_PER_SECOND (hub). 0: consents are read as often as their age wants; 60: those of that tenant only once a minute. A browser that is back never waits',
    ['budget'],
    ({ tenantMs, hubMs }, told) => {
      told({ budget: 'tenant' }, tenantMs / 1000);
      told({ budget: 'hub' }, hubMs / 1000);
    },
  );
  return {
    consentRead(why) {
      reads.inc({ why });
    },
  };
};
