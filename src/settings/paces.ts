import { z } from 'zod';

/** How often the hub does by itself what costs others something. Kept by all processes together. */
export const paceSettings = {
  HUB_TOKEN_RENEW_AT: z.coerce.number().min(0.2).max(0.8).default(0.7),
  HUB_REFRESH_PER_SECOND: z.coerce.number().int().min(1).max(10_000).default(400),
  HUB_FEEDS_PER_SECOND: z.coerce.number().int().min(1).max(1000).default(10),
  HUB_PROBES_PER_SECOND: z.coerce.number().int().min(0).max(1000).default(10),
  HUB_READS_PER_TENANT: z.coerce.number().int().min(1).max(1000).default(5),
  HUB_READS_PER_SECOND: z.coerce.number().int().min(1).max(10_000).default(50),
};

type Read = { [Name in keyof typeof paceSettings]: number };

export const pacesOf = (read: Read) => ({
  renewAt: read.HUB_TOKEN_RENEW_AT,
  refreshPerSecond: read.HUB_REFRESH_PER_SECOND,
  feedsPerSecond: read.HUB_FEEDS_PER_SECOND,
  probesPerSecond: read.HUB_PROBES_PER_SECOND,
  readBudget: { perTenant: read.HUB_READS_PER_TENANT, perSecond: read.HUB_READS_PER_SECOND },
});
