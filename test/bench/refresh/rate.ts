import { round } from '../figure.ts';

/** What one run of renewals came to. Times in milliseconds from its begin. */
export type Outcome = {
  /** When each fetch began. */
  fetches: readonly number[];
  /** A token that is in use was asked for, and was not there. */
  coldMisses: number;
  /** Life times the configured part: as long as a token lasts until it is fetched anew. */
  intervalMs: number;
  /** Fetches, and intervals that tokens were kept for: those counted together. */
  perInterval: number;
  /** From when on all have come, and until when it was measured. */
  fromMs: number;
  toMs: number;
  /** When workers came back. */
  backMs: number;
};

/** The most that begin within any stretch of so long, wherever it starts. */
const busiest = (times: readonly number[], stretchMs: number): number => {
  const sorted = Float64Array.from(times).sort();
  let most = 0;
  for (let from = 0, to = 0; to < sorted.length; to += 1) {
    while ((sorted[to] ?? 0) - (sorted[from] ?? 0) >= stretchMs) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
};

/** How flat the rate was, in words; the busiest minute is the busiest there is, wherever it starts. */
export const rateTold = ({ fetches, fromMs, toMs, backMs }: Outcome): string => {
  const within = (from: number, to: number) => fetches.filter((at) => at >= from && at < to);
  const measured = within(fromMs, toMs);
  const perMinute = (measured.length * 60_000) / (toMs - fromMs);
  const ratio = (times: readonly number[]) => round(busiest(times, 60_000) / perMinute, 3);
  return [
    `${round(perMinute / 60, 1)} a second on average`,
    `busiest minute ${ratio(measured)} of the mean, after the restart ${ratio(within(backMs, toMs))}`,
    `busiest second ${busiest(measured, 1000)}`,
  ].join('; ');
};
