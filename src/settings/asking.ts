import { z } from 'zod';

/** `{scope}={code}_{edition}`, with commas or blanks between. */
const services = z.string().transform((text, ctx): Map<string, string> => {
  const pairs = text
    .split(/[\s,]+/)
    .filter((pair) => pair !== '')
    .map((pair) => /^(\S+)=(\w+_\d+)$/.exec(pair));
  const known = new Map<string, string>();
  for (const pair of pairs) {
    const [, scope, service] = pair ?? [];
    if (scope !== undefined && service !== undefined && !known.has(scope)) known.set(scope, service);
    else {
      ctx.addIssue({ code: 'custom', message: 'is a list of {scope}={code}_{edition}, each scope once' });
      return z.NEVER;
    }
  }
  return known;
});

/** How the hub learns of delegations beside asking for tokens, and how it asks for them; off unless set. */
export const askingSettings = {
  HUB_DELEGATIONS_FROM: z.enum(['supplier-list', 'owner-lookup']).optional(),
  HUB_DELEGATIONS_EVERY_SECONDS: z.coerce.number().int().min(1).max(86_400).default(300),
  HUB_PARTY_UUID: z.guid('is the operator’s UUID in Altinn’s register').optional(),
  HUB_ASK_FOR_ACCESS: z.enum(['altinn2-delegation-requests']).optional(),
  HUB_ASK_FOR_ACCESS_SERVICES: services.optional(),
};

type Read = {
  HUB_DELEGATIONS_FROM?: 'supplier-list' | 'owner-lookup' | undefined;
  HUB_DELEGATIONS_EVERY_SECONDS: number;
  HUB_PARTY_UUID?: string | undefined;
  HUB_ASK_FOR_ACCESS?: 'altinn2-delegation-requests' | undefined;
  HUB_ASK_FOR_ACCESS_SERVICES?: ReadonlyMap<string, string> | undefined;
};

export const askingFaults = (read: Read): [boolean, string][] => [
  [
    read.HUB_DELEGATIONS_FROM === 'supplier-list' && read.HUB_PARTY_UUID === undefined,
    'HUB_PARTY_UUID: is needed with HUB_DELEGATIONS_FROM=supplier-list',
  ],
  [
    (read.HUB_ASK_FOR_ACCESS === undefined) !== (read.HUB_ASK_FOR_ACCESS_SERVICES === undefined),
    'HUB_ASK_FOR_ACCESS: goes with HUB_ASK_FOR_ACCESS_SERVICES; set both or neither',
  ],
];

export const asking = (read: Read) => ({
  delegationsFrom: read.HUB_DELEGATIONS_FROM,
  delegationsEveryMs: read.HUB_DELEGATIONS_EVERY_SECONDS * 1000,
  party: read.HUB_PARTY_UUID ?? '',
  askFor:
    read.HUB_ASK_FOR_ACCESS && read.HUB_ASK_FOR_ACCESS_SERVICES
      ? { by: read.HUB_ASK_FOR_ACCESS, services: read.HUB_ASK_FOR_ACCESS_SERVICES }
      : undefined,
});
