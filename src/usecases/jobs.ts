import { backoff } from '../lib/backoff.ts';

export type Job = {
  /** A run is stopped after that. Its lease lasts a little longer, then the work is handed out again. */
  timeoutMs: number;
  /** Runs of one tenant side by side in one worker process. */
  concurrency: number;
  /** Runs of all tenants side by side in one worker process; twice those of one unless said. */
  places?: number;
  /** Pause after so many failures in a row, in milliseconds. */
  again: (failures: number) => number;
  /** Told once a run has been noted, however it ended: somebody waits for that. */
  topic?: (subjectId: string) => string;
};

const second = 1000;
const minute = 60 * second;

/** Told when a look at a client has ended, found out or not. */
export const probedTopic = (clientId: string): string => `probed:${clientId}`;

/**
 * Work done later; each has a BullMQ queue of its name. Payloads hold ids only: the queue engine keeps them in clear
 * text, and the row may have changed since. Schedules and retries are due times in PostgreSQL, never BullMQ's.
 */
export const jobs = {
  'submit-consent': { timeoutMs: 30 * second, concurrency: 16, again: backoff(2 * second, 5 * minute) },
  'fetch-token': { timeoutMs: 20 * second, concurrency: 16, again: backoff(second, minute) },
  // Many wait for Maskinporten side by side; and the pauses leave time for several tries in what is left of a token's life,
  // the first of them not before a refusal of a moment ago is forgotten.
  'refresh-token': { timeoutMs: 20 * second, concurrency: 48, again: backoff(1.5 * second, 10 * second) },
  'read-consent': { timeoutMs: 20 * second, concurrency: 16, again: backoff(5 * second, 15 * minute) },
  // A tenant’s feed; its subject is the tenant.
  'read-feed': { timeoutMs: 20 * second, concurrency: 8, again: backoff(30 * second, 15 * minute) },
  // They wait for receivers, mostly, and those are the tenants' own: many places are for those that hang, so that there is
  // room beside them.
  'deliver-webhook': {
    timeoutMs: 20 * second,
    concurrency: 192,
    places: 3072,
    again: backoff(5 * second, 15 * minute),
  },
  'tend-webhook-endpoint': { timeoutMs: 20 * second, concurrency: 4, again: backoff(second, minute) },
  'probe-access': { timeoutMs: 20 * second, concurrency: 4, again: backoff(10 * second, 15 * minute) },
  // One for all tenants, the operator's own: a call a scope, where there is a way to look.
  'read-delegations': { timeoutMs: 60 * second, concurrency: 1, again: backoff(minute, 60 * minute) },
  // Its subject is the request.
  'ask-for-access': { timeoutMs: 20 * second, concurrency: 2, again: backoff(10 * second, 60 * minute) },
  'probe-client': {
    timeoutMs: 20 * second,
    concurrency: 4,
    again: backoff(5 * second, 5 * minute),
    topic: probedTopic,
  },
  // A client's key set at Digdir: what the hub adds to it and takes away.
  'tend-client-keys': { timeoutMs: 40 * second, concurrency: 2, again: backoff(5 * second, 15 * minute) },
  'generate-key': { timeoutMs: 60 * second, concurrency: 1, again: backoff(second, minute) },
  'log-use': { timeoutMs: 20 * second, concurrency: 4, again: backoff(5 * second, 15 * minute) },
  'erase-consent': { timeoutMs: 20 * second, concurrency: 2, again: backoff(minute, 60 * minute) },
  // The operator's own, each with a tenant for its subject: that tenant's work rests.
  'offboard-tenant': { timeoutMs: 60 * second, concurrency: 2, again: backoff(5 * second, 15 * minute) },
  'erase-tenant': { timeoutMs: 60 * second, concurrency: 1, again: backoff(minute, 60 * minute) },
  tidy: { timeoutMs: 60 * second, concurrency: 1, again: backoff(minute, 60 * minute) },
} as const satisfies Record<string, Job>;

export type JobName = keyof typeof jobs;
export const jobNames = Object.keys(jobs) as JobName[];

/** Whose work it is when it is the operator's own. */
export const nobodysTenant = '00000000-0000-0000-0000-000000000000';
