import { Counter, Histogram, type Registry } from 'prom-client';
import type { TokenMetrics } from './usecases/metrics-port.ts';

/** Where apps' tokens come from and how long they still live. Counted in plain numbers, which are read when Prometheus asks. */
export const openTokenMetrics = (registry: Registry): TokenMetrics => {
  const reads = { memory: 0, row: 0, fetched: 0, refused: 0 };
  let waits = 0;
  new Counter({
    name: 'hub_token_reads_total',
    help: 'Tokens that apps asked for: at hand in this process (memory), in the database (row), waited for until a worker had fetched it (fetched), or answered with a problem (refused)',
    labelNames: ['from'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [from, many] of Object.entries(reads)) this.inc({ from }, many);
    },
  });
  new Counter({
    name: 'hub_token_waits_total',
    help: 'Asks for a token that joined another that was under way for the same',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(waits);
    },
  });
  const left = new Histogram({
    name: 'hub_token_left_seconds',
    help: 'How long a token still lives when it is handed out',
    buckets: [5, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200],
    registers: [registry],
  });
  return {
    handedOut(from, leftMs) {
      reads[from] += 1;
      left.observe(leftMs / 1000);
    },
    refused() {
      reads.refused += 1;
    },
    joined() {
      waits += 1;
    },
  };
};
