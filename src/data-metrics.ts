import { Counter, Histogram, type Registry } from 'prom-client';
import type { DataMetrics } from './usecases/data-port.ts';

/** How calls to data sources by way of the hub fare. */
export const openDataMetrics = (registry: Registry): DataMetrics => {
  const calls = new Counter({
    name: 'hub_data_calls_total',
    help: 'Calls for data, by outcome: ok, denied (401 or 403), other (any other status), left (the caller hung up), cut (the answer broke off), or the code of the problem told instead',
    labelNames: ['outcome'],
    registers: [registry],
  });
  for (const outcome of ['ok', 'denied', 'other', 'left', 'cut']) calls.inc({ outcome }, 0);
  const seconds = new Histogram({
    name: 'hub_data_call_seconds',
    help: 'From the call for data to the end of its answer',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers: [registry],
  });
  const bytes = new Counter({
    name: 'hub_data_bytes_total',
    help: 'Bytes of bodies that passed: sent to data sources, read from them',
    labelNames: ['direction'],
    registers: [registry],
  });
  return {
    passed(outcome, durationMs, { sent, read }) {
      calls.inc({ outcome });
      seconds.observe(durationMs / 1000);
      if (sent > 0) bytes.inc({ direction: 'sent' }, sent);
      if (read > 0) bytes.inc({ direction: 'read' }, read);
    },
  };
};
