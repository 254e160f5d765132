export const deliveryStatuses = ['pending', 'held', 'delivered', 'given-up'] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

const minute = 60_000;
const hour = 60 * minute;

/** Pauses between tries (`HUB_WEBHOOK_SCHEDULE`); the last repeats, until 76 hours or more have been tried. */
export const defaultSchedule: readonly number[] = [
  5000,
  minute,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  12 * hour,
];

/** When trying is given up, counted from the event: beyond 72 hours, the last pause's jitter included. */
const giveUpAfterMs = 96 * hour;

/**
 * When a delivery is tried after `attempts` tries that failed, ±20 %; undefined when it is given up.
 * `random` lies between 0 and 1.
 */
export const nextTry = (
  { attempts, createdAt }: { attempts: number; createdAt: Date },
  schedule: readonly number[],
  now: Date,
  random: number,
): Date | undefined => {
  if (now.getTime() - createdAt.getTime() > giveUpAfterMs) return undefined;
  const pause = schedule[Math.min(attempts, schedule.length) - 1] ?? 12 * hour;
  return new Date(now.getTime() + pause * (0.8 + 0.4 * random));
};

/** Nobody asks for a longer rest than that. */
const longestAskedMs = 24 * hour;

/** What one try was answered: no status when there was no answer. */
export type Answered = { status?: number; retryAfterSeconds?: number };

/** What follows from one try, for its delivery and for its endpoint. */
export type Judgement = {
  outcome: 'delivered' | 'pending' | 'given-up';
  nextAt?: Date;
  /** The receiver asked to be left alone until then. */
  restUntil?: Date;
  /** It is sent to more slowly from now on. */
  slows: boolean;
  /** 410: it wants nothing any more. */
  gone: boolean;
};

/** `attempts`: this one included. `random` as in `nextTry`. */
export const judge = (
  { status, retryAfterSeconds }: Answered,
  delivery: { attempts: number; createdAt: Date },
  schedule: readonly number[],
  now: Date,
  random: number,
): Judgement => {
  if (status !== undefined && status >= 200 && status < 300) return { outcome: 'delivered', slows: false, gone: false };
  const isOverwhelmed = status === undefined || status === 429 || status >= 500;
  const asked =
    retryAfterSeconds === undefined
      ? undefined
      : new Date(now.getTime() + Math.min(retryAfterSeconds * 1000, longestAskedMs));
  const scheduled = nextTry(delivery, schedule, now, random);
  const nextAt = scheduled && asked && asked > scheduled ? asked : scheduled;
  return {
    outcome: nextAt ? 'pending' : 'given-up',
    ...(nextAt ? { nextAt } : {}),
    ...(asked && (status === 429 || status === 503) ? { restUntil: asked } : {}),
    slows: isOverwhelmed,
    gone: status === 410,
  };
};
