import { Counter, Gauge, type Registry } from 'prom-client';
import type { Clock } from './lib/clock.ts';
import { remember } from './lib/remember.ts';
import type { OpenStore } from './store/open-store.ts';
import type { ReadMetrics } from './usecases/ports.ts';

/** However many ask and however often, the lanes are looked at no oftener. */
const lookEveryMs = 5000;

/** How many consents are read at Altinn, and how far that is behind its usual pace. */
export const openReadMetrics = (
  registry: Registry,
  { store, clock }: { store: Pick<OpenStore, 'readsAhead'>; clock: Clock },
): ReadMetrics => {
  const reads = { pace: 0, return: 0, end: 0 };
  new Counter({
    name: 'hub_consent_reads_total',
    help: 'Reads of single consents at Altinn: at the pace of their age (pace), since a browser was back (return), or a last time before one expires (end)',
    labelNames: ['why'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [why, many] of Object.entries(reads)) this.inc({ why }, many);
    },
  });
  const ahead = remember(() => store.readsAhead(clock.now()), lookEveryMs);
  new Gauge({
    name: 'hub_consent_reads_behind_seconds',
    help: 'How long a read of a consent waits for its turn within HUB_READS_PER_TENANT (tenant: the one that waits longest) and HUB_READS_PER_SECOND (hub). 0: consents are read as often as their age wants; 60: those of that tenant only once a minute. A browser that is back never waits',
    labelNames: ['budget'],
    registers: [registry],
    async collect() {
      const known = await ahead.get('').catch(() => undefined);
      this.reset();
      if (!known) return;
      this.set({ budget: 'tenant' }, known.tenantMs / 1000);
      this.set({ budget: 'hub' }, known.hubMs / 1000);
    },
  });
  return {
    consentRead(why) {
      reads[why] += 1;
    },
  };
};
