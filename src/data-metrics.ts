import { Counter, Histogram, type Registry } from 'prom-client';
import type { DataMetrics } from './usecases/data-port.ts';

/** How calls to data sources by way of the hub fare. Counted in plain numbers, which are read when Prometheus asks. */
export const openDataMetrics = (registry: Registry): DataMetrics => {
  const calls = new Map<string, number>(['ok', 'denied', 'other', 'left', 'cut'].map((outcome) => [outcome, 0]));
  const bytes = { sent: 0, read: 0 };
  new Counter({
    name: 'hub_data_calls_total',
    help: 'Calls for data, by outcome: ok, denied (401 or 403), other (any other status), left (the caller hung up), cut (the answer broke off), or the code of the problem told instead',
    labelNames: ['outcome'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [outcome, many] of calls) this.inc({ outcome }, many);
    },
  });
  new Counter({
    name: 'hub_data_bytes_total',
    help: 'Bytes of bodies that passed: sent to data sources, read from them',
    labelNames: ['direction'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [direction, many] of Object.entries(bytes)) this.inc({ direction }, many);
    },
  });
  const seconds = new Histogram({
    name: 'hub_data_call_seconds',
    help: 'From the call for data to the end of its answer',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers: [registry],
  });
  return {
    passed(outcome, durationMs, { sent, read }) {
      calls.set(outcome, (calls.get(outcome) ?? 0) + 1);
      seconds.observe(durationMs / 1000);
      bytes.sent += sent;
      bytes.read += read;
    },
  };
};
