import type { Consent } from './consent.ts';
import { isSettledDown } from './pace.ts';

/** A rate that reads keep to, one tenant's or the whole hub's: a turn in it comes so long after the one before. */
export type ReadLane = { whose: 'tenant' | 'hub'; name: string; everyMs: number };

/** Reads of single consents a second. */
export type ReadBudget = { perTenant: number; perSecond: number };

/** Names of the lanes by which it is seen how far reads are behind. */
export const readLaneName = 'read-consent';

/** A turn so near is as good as now. */
export const turnIsNearMs = 20;

/** Of each budget, what may go to consents for whose answer nobody waits. There may be very many of those. */
const settledShare = 0.5;

/** What was held up in the hub's lane may go on so much faster than its tenant's budget, until it has caught up. */
const catchUp = 1.25;

/**
 * The lanes in which the next read of this consent takes a turn, in this order. First the tenant's, then the hub's: however
 * many one tenant wants, only what its own budget lets through stands in line with others. What has settled down passes two
 * more before those, so that a hundred thousand accepted consents leave half of a budget to the young ones. The last one keeps
 * those apart that would come out of a full lane of the hub together.
 */
export const readLanes = (consent: Consent, now: Date, { perTenant, perSecond }: ReadBudget): ReadLane[] => {
  const lane = (whose: ReadLane['whose'], name: string, rate: number): ReadLane => ({
    whose,
    name,
    everyMs: 1000 / rate,
  });
  const settled = [
    lane('tenant', 'read-settled-consent', settledShare * perTenant),
    lane('hub', 'read-settled-consent', settledShare * perSecond),
  ];
  return [
    ...(isSettledDown(consent, now) ? settled : []),
    lane('tenant', readLaneName, perTenant),
    lane('hub', readLaneName, perSecond),
    lane('tenant', 'read-consent-caught-up', catchUp * perTenant),
  ];
};
