import type { NewEvent } from './event.ts';

/**
 * When an endpoint is left alone, and for how long. Its rows are changed by functions in the database, which take these.
 *
 * `failures` in a row over at least `forMs` make it failing: a receiver that restarts is no news. Then one delivery tries
 * after each rest; rests double. `slowMs` is the first pause between two sends after a 429, a 5xx or silence; it doubles up
 * to `slowestMs` and halves with success. `aheadMs`: so far ahead a delivery is given its moment; what comes later parks.
 * `batch`: so many go on, or are held, at once.
 */
export const endpointRules = {
  failures: 5,
  forMs: 30_000,
  firstRestMs: 5000,
  longestRestMs: 10 * 60_000,
  slowMs: 50,
  slowestMs: 2000,
  aheadMs: 10_000,
  batch: 500,
} as const;

/** What a tenant has not been told yet of one of its endpoints. */
export type EndpointNews = {
  type: 'webhook.failing' | 'webhook.recovered' | 'webhook.disabled';
  endpointId: string;
  url: string;
  /** Tries in a row that failed, and since when. */
  failures?: number;
  since?: Date;
  reason?: 'tenant' | 'gone';
};

/** Of an address only the host: the rest of it may be a secret. It is not sent to the endpoint it speaks of. */
export const endpointEvent = (
  id: string,
  { type, endpointId, url, failures, since, reason }: EndpointNews,
): NewEvent => ({
  id,
  type,
  data: {
    endpoint: endpointId,
    host: new URL(url).host,
    ...(failures === undefined ? {} : { failures }),
    ...(since === undefined ? {} : { since: since.toISOString() }),
    ...(reason === undefined ? {} : { reason }),
  },
});
