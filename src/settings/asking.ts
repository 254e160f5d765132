import { z } from 'zod';

/** How the hub learns of delegations beside asking for tokens; off unless set. */
export const askingSettings = {
  HUB_DELEGATIONS_FROM: z.enum(['supplier-list', 'owner-lookup']).optional(),
  HUB_DELEGATIONS_EVERY_SECONDS: z.coerce.number().int().min(1).max(86_400).default(300),
  HUB_PARTY_UUID: z.guid('is the operator’s UUID in Altinn’s register').optional(),
};

type Read = {
  HUB_DELEGATIONS_FROM?: 'supplier-list' | 'owner-lookup' | undefined;
  HUB_DELEGATIONS_EVERY_SECONDS: number;
  HUB_PARTY_UUID?: string | undefined;
};

export const askingFaults = (read: Read): [boolean, string][] => [
  [
    read.HUB_DELEGATIONS_FROM === 'supplier-list' && read.HUB_PARTY_UUID === undefined,
    'HUB_PARTY_UUID: is needed with HUB_DELEGATIONS_FROM=supplier-list',
  ],
];

export const asking = (read: Read) => ({
  delegationsFrom: read.HUB_DELEGATIONS_FROM,
  delegationsEveryMs: read.HUB_DELEGATIONS_EVERY_SECONDS * 1000,
  party: read.HUB_PARTY_UUID ?? '',
});
