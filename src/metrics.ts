import { Counter, collectDefaultMetrics, Gauge, Histogram, type Registry } from 'prom-client';
import type { Clock } from './lib/clock.ts';
import { seenGauges } from './seen-gauges.ts';
import type { OpenStore, PoolCount } from './store/open-store.ts';
import type { JobName } from './usecases/jobs.ts';
import type { Memories } from './usecases/memory.ts';

type Watched = { state(): { breaker: { isOpen: boolean }; clockOffsetMs?: number } };
type Asked = { clientId: string; outcome: string; seconds: number };

/**
 * Opens what speaks to Maskinporten and tells of each request by its client: by the name the operator gave it, or its id while
 * that cannot be read.
 */
export const measuredMaskinporten = <T extends Watched>(
  registry: Registry,
  clients: () => Promise<readonly { clientId: string; name: string }[]>,
  open: (onAnswer: (asked: Asked) => void) => T,
): T => {
  const requests = new Counter({
    name: 'hub_maskinporten_requests_total',
    help: 'Requests for tokens that were sent, by client and outcome: issued, or the code of the problem',
    labelNames: ['client', 'outcome'],
    registers: [registry],
  });
  const latency = new Histogram({
    name: 'hub_maskinporten_request_seconds',
    help: 'How long Maskinporten took to answer, by client and outcome',
    labelNames: ['client', 'outcome'],
    buckets: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const nameOf = async (clientId: string): Promise<string> => {
    const known = await clients().catch(() => []);
    return known.find((client) => client.clientId === clientId)?.name ?? clientId;
  };
  const opened = open(async ({ clientId, outcome, seconds }) => {
    const client = await nameOf(clientId);
    requests.inc({ client, outcome });
    latency.observe({ client, outcome }, seconds);
  });
  new Gauge({
    name: 'hub_maskinporten_breaker_open',
    help: '1 while Maskinporten does not answer and next to nothing is sent',
    registers: [registry],
    collect() {
      this.set(opened.state().breaker.isOpen ? 1 : 0);
    },
  });
  new Gauge({
    name: 'hub_maskinporten_clock_offset_seconds',
    help: 'How far Maskinporten’s clock is ahead of ours; absent until it has answered',
    registers: [registry],
    collect() {
      const { clockOffsetMs } = opened.state();
      if (clockOffsetMs === undefined) this.remove();
      else this.set(clockOffsetMs / 1000);
    },
  });
  return opened;
};

type ClientParts = Pick<Memories, 'clients'> & { clock: Clock };

/** Keys that end, and clients that Maskinporten takes no more: the operator's own, so that names may be told. */
const registerClientMetrics = (registry: Registry, { clock, clients }: ClientParts) => {
  const known = () => clients().catch(() => []);
  const secondsSince = (at: Date) => (clock.now().getTime() - at.getTime()) / 1000;
  new Gauge({
    name: 'hub_maskinporten_key_expires_seconds',
    help: 'Until Maskinporten takes a key no longer, by client and key (its kid, or our id where it signs by a certificate); below zero where it has ended',
    labelNames: ['client', 'kid'],
    registers: [registry],
    async collect() {
      const rows = await known();
      this.reset();
      // Who signs by certificates may have two of them for a while.
      for (const { name: client, keys } of rows)
        for (const { id, state, kid = id, expiresAt } of keys)
          if (expiresAt && state !== 'retired') this.set({ client, kid }, -secondsSince(expiresAt));
    },
  });
  new Gauge({
    name: 'hub_maskinporten_key_age_seconds',
    help: 'Since the key that signs was registered at Maskinporten, by client',
    labelNames: ['client'],
    registers: [registry],
    async collect() {
      const rows = await known();
      this.reset();
      for (const { name: client, keys } of rows) {
        const key = keys.find(({ state }) => state === 'active');
        if (key) this.set({ client }, secondsSince(key.registeredAt ?? key.createdAt));
      }
    },
  });
  new Gauge({
    name: 'hub_maskinporten_client_stopped',
    help: '1 where Maskinporten refuses the client or all its keys, and nothing is asked for with it',
    labelNames: ['client'],
    registers: [registry],
    async collect() {
      const rows = await known();
      this.reset();
      for (const { name: client, stoppedAt } of rows) this.set({ client }, stoppedAt ? 1 : 0);
    },
  });
};

/** What Prometheus is told of work and database. No tenant in any label: there may be hundreds, and it is nobody's business. */
export const registerMetrics = (
  registry: Registry,
  {
    store,
    clock,
    role,
    pools,
    clients,
  }: Pick<Memories, 'clients'> & {
    store: OpenStore;
    clock: Clock;
    role: string;
    pools: () => Record<string, PoolCount>;
  },
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
  const gauge = seenGauges(registry, () => store.asOperator((operator) => operator.outbox.count(clock.now())));
  gauge('hub_outbox_rows', 'Work owed, by job and state', ['job', 'state'], (seen, told) => {
    for (const { queue: job, owed, due, handedOut, failing } of seen)
      for (const [state, many] of Object.entries({ owed, due, 'handed-out': handedOut, failing }))
        told({ job, state }, many);
  });
  gauge('hub_outbox_oldest_due_seconds', 'Age of the oldest work that is due, by job', ['job'], (seen, told) => {
    for (const { queue: job, oldestDueSeconds } of seen) told({ job }, oldestDueSeconds);
  });
  new Gauge({
    name: 'hub_database_connections',
    help: 'Connections by door: open, idle, requests that wait for one, and the most there may be',
    labelNames: ['door', 'state'],
    registers: [registry],
    collect() {
      for (const [door, counts] of Object.entries(pools()))
        for (const [state, many] of Object.entries(counts)) this.set({ door, state }, many);
    },
  });
  registerClientMetrics(registry, { clock, clients });
  return {
    ran: (job: JobName, outcome: 'done' | 'again', seconds: number) => {
      runs.observe({ job, outcome }, seconds);
      if (outcome === 'again') failures.inc({ job });
    },
  };
};
