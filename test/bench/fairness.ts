import { type Figure, median, percentile, percentiles, round } from './figure.ts';
import type { Ground } from './ground.ts';
import { event, openWebhookPlace } from './webhook-place.ts';

/** Of which 100,000 and more still wait when the measuring begins. */
const queued = 135_000;
const batch = 500;
const samples = 300;
const warmUps = 50;
const rounds = 3;
const aloneMs = 4000;
/** After so many events were written at once, PostgreSQL has other things to do for a while. */
const calmMs = 3000;
const job = 'deliver-webhook';

const names = { added: 'fairness.quiet_added_p99_ms', share: 'fairness.noisy_share' };

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const openPlace = async () => {
  const { hub, login, tenantIds, append, arrival, close } = await openWebhookPlace(2);
  const [quiet = '', noisy = ''] = tenantIds;
  const waiting = async (): Promise<number> => {
    const text = 'select count(*)::int as many from outbox where job = $1 and tenant_id = $2';
    return (await login.query<{ many: number }>(text, [job, noisy])).rows[0]?.many ?? 0;
  };
  return {
    engine: hub.engine,
    waiting,
    /** The noisy tenant's deliveries, made up to so many, though they go out meanwhile. */
    async refill() {
      for (let left = queued - (await waiting()); left > batch; left = queued - (await waiting()))
        for (let more = left; more > 0; more -= batch)
          await append(noisy, Array.from({ length: Math.min(batch, more) }, event));
      await pause(calmMs);
    },
    /** From the commit of one event of the quiet tenant until the receiver has it, one after the other. */
    async sample(many: number): Promise<number[]> {
      const times: number[] = [];
      while (times.length < many) times.push(await arrival(quiet));
      return times;
    },
    close,
  };
};

/** How many of the noisy tenant's were delivered a second meanwhile. */
const rateDuring = async <T>({ waiting }: { waiting(): Promise<number> }, work: () => Promise<T>) => {
  const [before, from] = [await waiting(), performance.now()];
  const result = await work();
  const [after, to] = [await waiting(), performance.now()];
  if (after === 0) throw new Error('the noisy tenant has nothing left: it was too quick for this bench');
  return { result, before, perSecond: ((before - after) * 1000) / (to - from) };
};

/**
 * What a tenant with 100,000 deliveries waiting costs another with one at a time, and what that one costs it. Goals: at most
 * 50 ms more at p99, from commit to first try; at least 0.7 of the rate.
 */
export const fairness = async (_ground: Ground, wants: (name: string) => boolean): Promise<Figure[]> => {
  if (!Object.values(names).some(wants)) return [];
  const place = await openPlace();
  try {
    await place.sample(warmUps);
    const idle = await place.sample(samples);
    const pairs: { alone: number; beside: number; queued: number; times: number[] }[] = [];
    for (let turn = 0; turn < rounds; turn += 1) {
      await place.refill();
      const alone = await rateDuring(place, () => pause(aloneMs));
      await place.refill();
      const beside = await rateDuring(place, () => place.sample(samples / rounds));
      pairs.push({
        alone: alone.perSecond,
        beside: beside.perSecond,
        queued: beside.before,
        times: beside.result,
      });
    }
    const times = pairs.flatMap((pair) => pair.times);
    const p99 = (all: number[]) => percentile(Float64Array.from(all).sort(), 0.99);
    const { alone, beside } = median(pairs, (pair) => pair.beside / pair.alone);
    const share = beside / alone;
    const figures: Figure[] = [
      {
        name: names.added,
        value: round(p99(times) - p99(idle), 2),
        unit: 'ms',
        ceiling: 0,
        ratio: round(p99(idle) / p99(times), 2),
        details: [
          `commit to arrival of a quiet tenant’s events, ${samples} one after the other; queues on ${place.engine}, one worker process`,
          `idle ${percentiles(idle)}; beside ${Math.min(...pairs.map((pair) => pair.queued))} queued deliveries of another ${percentiles(times)}`,
        ],
      },
      {
        name: names.share,
        value: round(share, 2),
        unit: 'of alone',
        ceiling: 1,
        ratio: round(share, 2),
        details: [
          `rounds: ${pairs.map((pair) => `${round(pair.beside, 0)}/s with the quiet one beside it, ${round(pair.alone, 0)}/s alone`).join(' · ')}`,
        ],
      },
    ];
    return figures.filter(({ name }) => wants(name));
  } finally {
    await place.close();
  }
};
