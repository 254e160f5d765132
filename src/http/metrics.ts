import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export type RequestMetrics = {
  observe(method: string, route: string, status: number, seconds: number): void;
  /** A stream has ended: counted, and no measure of how quick the hub is. */
  streamed(method: string, route: string, status: number): void;
  /** So many streams are open. */
  streaming(open: number): void;
};

const methods = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'DELETE']);

/** How many requests and how long they take, by route pattern. No tenant in any label. */
export const requestMetrics = (registry: Registry): RequestMetrics => {
  const labelNames = ['method', 'route', 'status'];
  const requests = new Counter({
    name: 'hub_http_requests_total',
    help: 'Requests answered',
    labelNames,
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'hub_http_request_seconds',
    help: 'From request to answer; waiting on purpose (Prefer: wait) included',
    labelNames: ['route'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 25],
    registers: [registry],
  });
  const streams = new Gauge({
    name: 'hub_http_streams_open',
    help: 'Streams of events that are open now',
    registers: [registry],
  });
  // Labels are looked up once: as many as there are routes and statuses.
  const counters = new Map<string, Counter.Internal>();
  const histograms = new Map<string, Histogram.Internal<'route'>>();
  const once = <T>(known: Map<string, T>, name: string, make: () => T): T => {
    const there = known.get(name);
    if (there !== undefined) return there;
    const made = make();
    known.set(name, made);
    return made;
  };
  const count = (given: string, route: string, status: number): void => {
    const method = methods.has(given) ? given : 'other';
    once(counters, `${method} ${status} ${route}`, () => requests.labels({ method, route, status })).inc();
  };
  return {
    streamed: count,
    streaming: (open) => streams.set(open),
    observe(method, route, status, seconds) {
      count(method, route, status);
      once(histograms, route, () => duration.labels({ route })).observe(seconds);
    },
  };
};
