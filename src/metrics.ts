import { Counter, collectDefaultMetrics, Gauge, Histogram, type Registry } from 'prom-client';
import type { Clock } from './lib/clock.ts';
import type { OpenStore } from './store/open-store.ts';
import type { JobName } from './usecases/jobs.ts';

/** What Prometheus is told of work and database. No tenant in any label: there may be hundreds, and it is nobody's business. */
export const registerMetrics = (
  registry: Registry,
  { store, clock, role }: { store: OpenStore; clock: Clock; role: string },
) => {
  registry.setDefaultLabels({ role });
  collectDefaultMetrics({ register: registry });
  const runs = new Histogram({
    name: 'hub_job_seconds',
    help: 'How long work took, by job and outcome',
    labelNames: ['job', 'outcome'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  });
  const failures = new Counter({
    name: 'hub_job_failures_total',
    help: 'Runs that will be tried again, by job',
    labelNames: ['job'],
    registers: [registry],
  });
  const owed = new Gauge({
    name: 'hub_outbox_rows',
    help: 'Work owed, by job and state',
    labelNames: ['job', 'state'],
    registers: [registry],
  });
  const age = new Gauge({
    name: 'hub_outbox_oldest_due_seconds',
    help: 'Age of the oldest work that is due, by job',
    labelNames: ['job'],
    registers: [registry],
  });
  new Gauge({
    name: 'hub_database_connections',
    help: 'Connections by door: open, idle, and requests that wait for one',
    labelNames: ['door', 'state'],
    registers: [registry],
    async collect() {
      for (const [door, { open, idle, waiting }] of Object.entries(store.pools())) {
        this.set({ door, state: 'open' }, open);
        this.set({ door, state: 'idle' }, idle);
        this.set({ door, state: 'waiting' }, waiting);
      }
      const rows = await store.asOperator((operator) => operator.outbox.count(clock.now())).catch(() => []);
      for (const row of rows) {
        owed.set({ job: row.queue, state: 'owed' }, row.owed);
        owed.set({ job: row.queue, state: 'due' }, row.due);
        owed.set({ job: row.queue, state: 'handed-out' }, row.handedOut);
        owed.set({ job: row.queue, state: 'failing' }, row.failing);
        age.set({ job: row.queue }, row.oldestDueSeconds);
      }
    },
  });
  return {
    ran: (job: JobName, outcome: 'done' | 'again', seconds: number) => {
      runs.observe({ job, outcome }, seconds);
      if (outcome === 'again') failures.inc({ job });
    },
  };
};
