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
