/** What a tenant used in one month, in UTC. */
export type MonthUsage = {
  /** `2026-11` */
  month: string;
  /** It is over, and nothing more is counted in it. */
  isComplete: boolean;
  /** Altinn had the request. */
  consentsRequested: number;
  consentsAccepted: number;
  /** Maskinporten tokens, to the tenant's apps or to a data source by way of the hub. */
  tokensHandedOut: number;
  /** Calls that a data source answered, whatever it answered. */
  dataCalls: number;
  /** Tries that a receiver answered 2xx: one for each event and endpoint, replays and pings too. */
  webhooksDelivered: number;
};

/** The first and the last month. */
export type MonthSpan = { from: string; to: string };

/** Asked for at once. */
export const mostMonths = 36;

const startOf = (month: string): Date => new Date(`${month}-01T00:00:00Z`);
export const monthOf = (at: Date): string => at.toISOString().slice(0, 7);

const after = (month: string): string => {
  const start = startOf(month);
  return monthOf(new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 1)));
};

export const boundsOf = ({ from, to }: MonthSpan): { start: Date; end: Date } => ({
  start: startOf(from),
  end: startOf(after(to)),
});

/** Each month of the span, oldest first; so many at most. */
export const monthsIn = ({ from, to }: MonthSpan): string[] => {
  const months: string[] = [];
  for (let month = from; month <= to && months.length <= mostMonths; month = after(month)) months.push(month);
  return months;
};

/** What was counted in memory is written by then, and what was under way at midnight has ended. */
const settledMs = 10 * 60_000;

export const isComplete = (month: string, now: Date): boolean =>
  startOf(after(month)).getTime() + settledMs <= now.getTime();
