import { type LivingKey, signsByCertificate } from './client-keys.ts';

/** At Digdir a client may have so many keys. */
export const mostListed = 5;

/** Grants signed with a key that was retired a moment ago are over by then, also those of processes that had not heard. */
export const afterRetiringMs = 15_000;

/** Known everywhere within two minutes: a key that is still refused that long after was registered in vain. */
export const hopelessMs = 10 * 60_000;

/** A key of ours that can be registered: by a name, with its public part. */
export type OurKey = LivingKey & {
  publicJwk?: Record<string, unknown>;
  retiredAt?: Date;
  listedAt?: Date;
};

/** A key that stands in the set. */
export type ListedKey = { kid: string; jwk: Record<string, unknown>; endsAt?: Date };

const isSame = (listed: ListedKey, { kid, publicJwk }: OurKey): boolean =>
  listed.kid === kid && listed.jwk['n'] === publicJwk?.['n'] && listed.jwk['e'] === publicJwk?.['e'];

export const inSet = (set: readonly ListedKey[], key: OurKey): ListedKey | undefined =>
  set.find((listed) => isSame(listed, key));

type Wish = {
  /** Also keys that should have been there all along, as the one that signs: somebody has asked for it, and seen that they are not. */
  whole?: boolean | undefined;
  /** The year of all that is ours begins anew. */
  renew?: boolean | undefined;
  /** What the hub does not know goes. */
  prune?: boolean | undefined;
};

export type SetPlan<Key extends OurKey> = {
  /** What the set should be; undefined: as it is. */
  write?: ListedKey[];
  adds: Key[];
  /** Ours, retired: nobody signs with them any more. */
  removes: Key[];
  /** What is there and not the hub's. */
  strangers: string[];
  /** There would be more than may be. */
  isFull: boolean;
  /** Another key has the name of one of ours. */
  taken: string[];
  /** It signs by certificate, which is refused from when a first key is registered, while that is still unknown: it gets none. */
  byCertificate: boolean;
  /** When more may be taken away. */
  nextAt?: Date;
};

/** As it is posted: without an end of its own it begins its year anew. */
const anew = ({ kid, jwk: { exp: _, ...jwk } }: ListedKey): ListedKey => ({ kid, jwk });

/**
 * What a client's key set should be at Digdir, by the hub's keys and by what is there. A key that waits to be proved is added; a
 * retired one goes once the one that signs has been proved and is there itself. What the hub does not know stays.
 *
 * One that signs and is not there was taken away by somebody, who may have had reason to: it comes back when asked for alone.
 */
export const planSet = <Key extends OurKey>(
  keys: readonly Key[],
  set: readonly ListedKey[],
  now: Date,
  { whole = false, renew = false, prune = false }: Wish = {},
): SetPlan<Key> => {
  const ours = keys.filter(({ kid, publicJwk }) => kid !== undefined && publicJwk !== undefined);
  const missing = ours.filter((key) => !inSet(set, key));
  const wanted = whole ? ['pending', 'active', 'retiring'] : ['pending'];
  const byCertificate = set.length === 0 && keys.some((key) => key.state === 'active' && signsByCertificate(key));
  const adds = byCertificate ? [] : missing.filter(({ state }) => wanted.includes(state));
  const isSafe = ours.some((key) => key.state === 'active' && key.provedAt !== undefined && inSet(set, key));
  const gone = isSafe ? ours.filter((key) => key.state === 'retired' && inSet(set, key)) : [];
  const prunes = prune && isSafe;
  // One that was never proved has signed nothing that counts.
  const freeAt = ({ retiredAt, provedAt }: Key) => (retiredAt?.getTime() ?? 0) + (provedAt ? afterRetiringMs : 0);
  const removes = gone.filter((key) => freeAt(key) <= now.getTime());
  const later = gone.filter((key) => freeAt(key) > now.getTime()).map(freeAt);
  const strangers = set.filter((listed) => !ours.some((key) => isSame(listed, key)));
  const taken = adds.flatMap(({ kid }) => (strangers.some((one) => one.kid === kid) ? [kid ?? ''] : []));
  const kept = set
    .filter((listed) => !removes.some((key) => isSame(listed, key)) && !(prunes && strangers.includes(listed)))
    .map((listed) => (ours.some((key) => isSame(listed, key) && key.state !== 'retired') ? anew(listed) : listed));
  const next = [...kept, ...adds.map(({ kid = '', publicJwk = {} }) => ({ kid, jwk: publicJwk }))];
  const isOther = adds.length > 0 || removes.length > 0 || renew || (prunes && strangers.length > 0);
  return {
    ...(isOther && next.length > 0 ? { write: next } : {}),
    adds,
    removes,
    strangers: strangers.map(({ kid }) => kid),
    isFull: next.length > mostListed,
    taken,
    byCertificate,
    ...(later.length > 0 ? { nextAt: new Date(Math.min(...later)) } : {}),
  };
};

/** Was it registered so long ago that it should be known everywhere, and is it refused all the same? */
export const isHopeless = ({ state, listedAt, problem }: OurKey, now: Date): boolean =>
  state === 'pending' &&
  listedAt !== undefined &&
  problem?.code === 'key-refused' &&
  now.getTime() - listedAt.getTime() >= hopelessMs;
