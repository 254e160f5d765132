/** One measured figure beside its ceiling: what the bare parts reach in the same run. */
export type Figure = {
  name: string;
  value: number;
  unit: '/s' | 'ms' | 'misses' | 'fetches' | 'of alone';
  ceiling: number;
  /** The nearer to 1 the better. */
  ratio: number;
  /** What a reader wants to know besides: percentiles, which engine, what the ceiling was. */
  details: string[];
};

type Rate = { perSecond: number };

/** So many a second, beside what the bare parts reach. */
export const rateOf = (name: string, made: Rate, ceiling: Rate, details: string[]): Figure => ({
  name,
  value: round(made.perSecond, 0),
  unit: '/s',
  ceiling: round(ceiling.perSecond, 0),
  ratio: round(made.perSecond / ceiling.perSecond, 2),
  details,
});

export const round = (value: number, digits = 1): number => Number(value.toFixed(digits));

export const percentile = (sorted: ArrayLike<number>, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;

/** `p50 1.2 · p95 3.4 · p99 5.6 ms` */
export const percentiles = (times: readonly number[] | Float64Array): string => {
  const sorted = Float64Array.from(times).sort();
  const at = (share: number) => round(percentile(sorted, share), 2);
  return `p50 ${at(0.5)} · p95 ${at(0.95)} · p99 ${at(0.99)} ms`;
};

/** The one in the middle: a neighbour's burst on a shared machine spoils a round, not the figure. */
export const median = <T>(runs: readonly T[], by: (run: T) => number): T => {
  const sorted = [...runs].sort((a, b) => by(a) - by(b));
  return sorted[Math.floor(sorted.length / 2)] as T;
};
