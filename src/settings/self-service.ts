import { z } from 'zod';
import { scopes } from './scopes.ts';

/** A key lasts a year from when it was registered: one that is exchanged later than that would have ended before. */
const longestDays = 350;

export const selfServiceSettings = (address: z.ZodType<string, string>) => ({
  DIGDIR_SELFSERVICE_URL: address.optional(),
  DIGDIR_SELFSERVICE_SCOPE: scopes.prefault('idporten:dcr.write'),
  HUB_KEY_ROTATION_DAYS: z.coerce.number().int().min(1).max(longestDays).optional(),
});

type Read = {
  DIGDIR_SELFSERVICE_URL?: string | undefined;
  DIGDIR_SELFSERVICE_SCOPE: string;
  HUB_KEY_ROTATION_DAYS?: number | undefined;
};

/** The hub registers keys itself where somebody has said where, or where the sandbox is its own. */
export const selfServiceOf = (read: Read, usualUrl: string, ownSandbox: boolean) => ({
  url: read.DIGDIR_SELFSERVICE_URL ?? usualUrl,
  isSet: ownSandbox || read.DIGDIR_SELFSERVICE_URL !== undefined,
  scope: read.DIGDIR_SELFSERVICE_SCOPE,
  rotationDays: read.HUB_KEY_ROTATION_DAYS,
});
