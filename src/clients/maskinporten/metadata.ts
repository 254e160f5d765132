import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { HttpAnswer, HttpCaller } from '../http-caller.ts';
import { type Metadata, metadataDocument, metadataUrl, readMetadata } from './wire.ts';

/** Where the last known good metadata outlives a restart. */
export type Known = { read(): Promise<unknown | undefined>; keep(value: unknown): Promise<void> };

export type MetadataState = { tokenEndpoint?: string; readAt?: Date; failedAt?: Date; source?: 'issuer' | 'kept' };

/** Pauses between looks. Only tests choose others. */
export type MetadataPace = { goodMs: number; failedMs: number; firstMs: number };
const usualPace: MetadataPace = { goodMs: 3_600_000, failedMs: 30_000, firstMs: 3000 };
/** While nothing was ever known all work stands still: the next look comes soon, then ever later. */
const soonestMs = 500;

type Parts = {
  issuer: string;
  http: HttpCaller;
  clock: Clock;
  log: Log;
  known: Known;
  pace?: Partial<MetadataPace> | undefined;
  /** Told of each answer, whatever it was, and when it was asked for. */
  onAnswer?: (answer: HttpAnswer, askedAt: Date) => void;
};

/**
 * Keeps the issuer's metadata at hand. It is read in the background, for an outage of that one page must not become an
 * outage of ours: whoever needs it gets the last known good one at once, and waits only while nothing was ever known.
 */
export const openMetadata = ({ issuer, http, clock, log, known, pace, onAnswer }: Parts) => {
  const { goodMs, failedMs, firstMs } = { ...usualPace, ...pace };
  const closing = new AbortController();
  const state: MetadataState = {};
  let latest: Metadata | undefined;
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;

  const readKept = async (): Promise<void> => {
    try {
      const kept = await known.read();
      if (kept === undefined || latest) return;
      latest = readMetadata(kept, issuer);
      state.source = 'kept';
    } catch (error) {
      log.warn({ error }, 'maskinporten: the kept metadata is of no use');
    }
  };

  const look = async (): Promise<void> => {
    let pauseMs = goodMs * (0.9 + 0.2 * Math.random());
    try {
      const askedAt = clock.now();
      const answer = await http.call({ method: 'GET', url: metadataUrl(issuer) }, closing.signal);
      onAnswer?.(answer, askedAt);
      const { status, body } = answer;
      if (status !== 200) throw new Error(`the metadata page answered ${status}`);
      const fresh = readMetadata(body, issuer);
      const isNews =
        fresh.tokenEndpoint !== latest?.tokenEndpoint || fresh.keysAt !== latest.keysAt || state.source !== 'issuer';
      latest = fresh;
      state.readAt = clock.now();
      state.source = 'issuer';
      if (isNews)
        known
          .keep(metadataDocument(fresh))
          .catch((error: unknown) => log.warn({ error }, 'maskinporten: metadata not kept'));
    } catch (error) {
      if (closing.signal.aborted) return;
      pauseMs = latest ? failedMs : Math.min(failedMs, soonestMs * 2 ** failures);
      failures += 1;
      state.failedAt = clock.now();
      log.warn({ error, issuer }, 'maskinporten: metadata not read');
    }
    if (!closing.signal.aborted) timer = setTimeout(look, pauseMs).unref();
  };

  /** Done when something is known, or when both ways to know have failed. */
  const first = new Promise<void>((resolve) => {
    const settle = () => latest && resolve();
    void Promise.all([readKept().then(settle), look().then(settle)]).then(() => resolve());
  });

  return {
    /** The last known good one; undefined while nothing has ever been known. */
    async current(signal: AbortSignal): Promise<Metadata | undefined> {
      if (latest) return latest;
      const patience = AbortSignal.any([signal, closing.signal, AbortSignal.timeout(firstMs)]);
      if (!patience.aborted)
        await Promise.race([
          first,
          new Promise((resolve) => patience.addEventListener('abort', resolve, { once: true })),
        ]);
      return latest;
    },
    state: (): MetadataState => ({ ...state, ...(latest && { tokenEndpoint: latest.tokenEndpoint }) }),
    close(): void {
      closing.abort();
      clearTimeout(timer);
    },
  };
};
