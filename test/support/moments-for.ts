import { nearMs, spacingMs } from '../../src/domain/renewal-pace.ts';

/** Moments given away: `many` of those wanted, from `fromMs` on; nobody else gets one before `pacedUntilMs`. */
type Moments = { many: number; fromMs: number; pacedUntilMs: number };

/**
 * Of so many renewals that would begin now, how many may: each takes a moment, and moments are given away up to the near
 * future only. A model of the statement in `src/store/renewal-rows.ts`, for tests and virtual time.
 */
export const momentsFor = (
  wanted: number,
  { pacedUntilMs, nowMs, mostPerSecond }: { pacedUntilMs: number; nowMs: number; mostPerSecond: number },
): Moments => {
  const fromMs = Math.max(pacedUntilMs, nowMs);
  const spacing = spacingMs(mostPerSecond);
  const many = Math.min(wanted, Math.max(0, Math.floor((nowMs + nearMs - fromMs) / spacing) + 1));
  return { many, fromMs, pacedUntilMs: fromMs + many * spacing };
};
