import { type LivingKey, signsByCertificate } from './client-keys.ts';

type RotatingKey = LivingKey & { source?: unknown; fault?: string; retiredAt?: Date; listedAt?: Date };
type Client = { keys: readonly RotatingKey[]; scopes: readonly string[] };

const day = 24 * 60 * 60_000;
/** With exchanges by themselves on, a key is exchanged that long before its end at the latest. */
const beforeEndMs = 14 * day;
/** After one that was given up, nothing is begun by itself for so long. */
const afterFailureMs = day;

/** A key that is to follow the one that signs, and is not there yet. */
export const isUnderWay = ({ keys }: Client): boolean =>
  keys.some(({ state, fault }) => state === 'pending' || (state === 'generating' && fault === undefined));

/** Why its key cannot be exchanged by itself, in words; undefined: it can. */
export const whyNotRotatable = ({ keys, scopes }: Client): string | undefined => {
  const active = keys.find(({ state }) => state === 'active');
  if (!active) return 'It has no key that signs: add one.';
  if (signsByCertificate(active)) return 'It signs by certificate.';
  if (active.source !== undefined) return 'Its key lies in a file or an HSM: add the next one there.';
  return scopes.length === 0 ? 'It has no scope, so that no key of it can be tried.' : undefined;
};

/** Is its key so old, or so near its end, that it is exchanged by itself? */
export const isRotationDue = (client: Client, days: number, now: Date): boolean => {
  const { keys } = client;
  const active = keys.find(({ state }) => state === 'active');
  if (!active?.provedAt || isUnderWay(client) || whyNotRotatable(client) !== undefined) return false;
  const failed = keys.some(
    ({ state, provedAt, retiredAt }) =>
      state === 'retired' && !provedAt && retiredAt && now.getTime() - retiredAt.getTime() < afterFailureMs,
  );
  if (failed) return false;
  const bornAt = Math.min(active.createdAt.getTime(), active.registeredAt?.getTime() ?? Number.POSITIVE_INFINITY);
  const endsAt = active.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
  return now.getTime() >= Math.min(bornAt + days * day, endsAt - beforeEndMs);
};
