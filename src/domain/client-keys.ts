import type { KeptProblem, Problem, ProblemCode } from './problem.ts';

/**
 * A key's life. `generating`: a worker has yet to make or read it. `pending`: shown for registration, signs nothing, is being
 * proved. `active`: signs. `retiring`: there to fall back on. `retired`: gone.
 */
export type KeyState = 'generating' | 'pending' | 'active' | 'retiring' | 'retired';

/** As much of a signing key as its life hangs on. */
export type LivingKey = {
  id: string;
  state: KeyState;
  createdAt: Date;
  registeredAt?: Date;
  expiresAt?: Date;
  provedAt?: Date;
  /** Since when it signs; of a retiring one, since when it does not. */
  activeSince?: Date;
  problem?: KeptProblem;
  /** What it is registered as at Maskinporten. */
  kid?: string;
};

/**
 * A key that has a name signs by it, also where a certificate lies beside: it ends a year after it was registered. Of one
 * without, the certificate says when.
 */
export const signsByCertificate = ({ kid }: Pick<LivingKey, 'kid'>): boolean => kid === undefined;

/** When Maskinporten takes a key no longer that was registered then. */
export const endOfRegistration = (registeredAt: Date): Date => new Date(registeredAt.getTime() + registeredForMs);

type LivingClient = { keys: readonly LivingKey[]; stoppedAt?: Date };

/** What becomes otherwise of a key; null empties. */
export type KeyChange = { id: string } & {
  [Name in 'state' | 'registeredAt' | 'expiresAt' | 'provedAt' | 'activeSince' | 'problem' | 'retiredAt']?:
    | (LivingKey & { retiredAt: Date })[Name]
    | null;
};

/**
 * What one grant told of the key that signed it. `silent`: nothing. `unasked`: it could not sign, and no grant was sent.
 * `doubtful`: refused as it seems, but by the wording of an answer to what a tenant had a hand in; nothing follows from it.
 */
export type Seen = {
  keyId: string;
  verdict: 'taken' | 'refused' | 'doubtful' | 'silent' | 'unasked';
  problem?: KeptProblem;
};

/** What follows from it. `stops`: nothing is asked for with this client until it is found to work again. */
export type Follows = {
  keys: KeyChange[];
  promoted?: string;
  rolledBack?: string;
  proved?: string;
  stops?: KeptProblem;
  resumes?: true;
};

const second = 1000;
const minute = 60 * second;
const day = 24 * 60 * minute;

/** Maskinporten knows a new key everywhere after that long at most. */
const propagationMs = 2 * minute;
/** Propagation, the life of a grant, and a good margin: then nobody needs the key before any more. */
const retiringMs = 10 * minute;
/** A registered key is taken for a year. */
const registeredForMs = 365 * day;

/** Maskinporten authenticates the client before it looks at scopes and access: these refusals prove a key as well as a token. */
const provingRefusals: readonly ProblemCode[] = [
  'access-not-delegated',
  'access-not-granted',
  'client-scope-missing',
  'consent-not-usable',
  'token-unexpected',
];
/** Refusals of the client or its key: whoever asks with it gets the same. */
export const clientRefusals: readonly ProblemCode[] = ['client-refused', 'key-refused'];

/** What another scope or another key of a client may mend: nobody could be asked with it, or it held too little. */
export const clientLacks: readonly ProblemCode[] = ['client-missing', 'client-scope-missing'];

/** A key that lies elsewhere and could not be reached. */
const unasked: readonly ProblemCode[] = ['client-key-unavailable'];

/**
 * What an answer says of the key that signed; without a problem it was a token.
 *
 * @param asked with words of a tenant's own (`resource`), which an answer may repeat
 */
export const verdictOf = (
  problem: (Pick<Problem, 'code'> & { more?: Pick<Problem['more'], 'byWording'> }) | undefined,
  { resource = [] }: { resource?: readonly string[] | undefined } = {},
): Seen['verdict'] => {
  if (!problem || provingRefusals.includes(problem.code)) return 'taken';
  if (unasked.includes(problem.code)) return 'unasked';
  if (!clientRefusals.includes(problem.code)) return 'silent';
  return problem.more?.byWording && resource.length > 0 ? 'doubtful' : 'refused';
};

const rank: readonly KeyState[] = ['active', 'retiring', 'pending'];
const sinceOf = ({ activeSince, createdAt }: LivingKey): number => (activeSince ?? createdAt).getTime();

/** Keys that can sign, in the order they are tried: the active one, those before it, those that wait to be proved. */
export const signingOrder = <Key extends LivingKey>(keys: readonly Key[]): Key[] =>
  keys
    .filter(({ state }) => rank.includes(state))
    .sort((a, b) => rank.indexOf(a.state) - rank.indexOf(b.state) || sinceOf(b) - sinceOf(a));

/** A key that can be used from now on. With nothing to fall back on it signs at once, else it is proved first. */
export const becameUsable = (
  keys: readonly LivingKey[],
  now: Date,
): { state: 'active'; activeSince: Date } | { state: 'pending' } =>
  keys.some(({ state }) => state === 'active') ? { state: 'pending' } : { state: 'active', activeSince: now };

/** A key that was refused before it was taken was registered meanwhile; of others nothing is known but that they exist. */
const registration = (key: LivingKey, now: Date) => {
  const { registeredAt, expiresAt, createdAt, problem } = key;
  const at = registeredAt ?? (problem ? now : createdAt);
  const ends = signsByCertificate(key) ? undefined : endOfRegistration(at);
  return { registeredAt: at, ...(expiresAt === undefined && ends !== undefined ? { expiresAt: ends } : {}) };
};

const whenTaken = (keys: readonly LivingKey[], key: LivingKey, now: Date): KeyChange[] => {
  const proof = key.provedAt ? {} : { ...registration(key, now), provedAt: now, problem: null };
  if (key.state !== 'pending') return key.provedAt ? [] : [{ id: key.id, ...proof }];
  return [
    { id: key.id, ...proof, state: 'active', activeSince: now },
    ...keys
      .filter(({ state }) => state === 'active')
      .map(({ id }): KeyChange => ({ id, state: 'retiring', activeSince: now })),
  ];
};

/** That it could not be registered says why it is refused: the refusal says no more. */
const waitsForSelfService = ({ problem }: LivingKey): boolean => problem?.code.startsWith('selfservice-') === true;

/** A new key that stops working, or never did, makes way for the one before; within its propagation that one only helps out. */
const rollBack = (active: LivingKey, before: LivingKey, problem: KeptProblem, now: Date): KeyChange[] => {
  if (active.provedAt && now.getTime() - sinceOf(active) <= propagationMs) return [];
  return [
    { id: active.id, state: 'pending', activeSince: null, provedAt: null, problem },
    { id: before.id, state: 'active', activeSince: now },
  ];
};

/**
 * What follows for a client from grants signed with its keys, in the order they were sent. The same news once more, or of a
 * key that has moved on since, changes nothing.
 */
export const whatFollows = ({ keys, stoppedAt }: LivingClient, seen: readonly Seen[], now: Date): Follows => {
  const of = (id: string) => signingOrder(keys).find((key) => key.id === id);
  const taken = seen.filter(({ verdict }) => verdict === 'taken').map(({ keyId }) => of(keyId))[0];
  const follows: Follows = { keys: taken ? whenTaken(keys, taken, now) : [] };
  if (taken?.state === 'pending') follows.promoted = taken.id;
  if (taken && !taken.provedAt) follows.proved = taken.id;
  for (const { keyId, verdict, problem } of seen) {
    const key = of(keyId);
    if (!key || verdict !== 'refused' || !problem) continue;
    if (key.state === 'active' && taken?.state === 'retiring') {
      const back = rollBack(key, taken, problem, now);
      if (back.length > 0) follows.rolledBack = key.id;
      follows.keys.push(...back);
    } else if (
      (key.state === 'pending' && !waitsForSelfService(key)) ||
      (key.state === 'active' && !key.provedAt && !taken)
    )
      follows.keys.push({ id: key.id, problem });
  }
  if (taken && stoppedAt) follows.resumes = true;
  const refused = seen.filter(({ verdict }) => verdict === 'refused');
  const [first] = refused;
  const usable = signingOrder(keys);
  const isAll = usable.length > 0 && usable.every(({ id }) => refused.some(({ keyId }) => keyId === id));
  if (isAll && !stoppedAt && first?.problem) follows.stops = first.problem;
  return follows;
};

export const isNothing = ({ keys, stops, resumes }: Follows): boolean => keys.length === 0 && !stops && !resumes;

/** Someone took a key out of use. Where it was the one that signs, the best of those that are left does from now on. */
export const whenRetired = (keys: readonly LivingKey[], id: string, now: Date): KeyChange[] => {
  const left = signingOrder(keys.filter((key) => key.id !== id));
  const wasActive = keys.some((key) => key.id === id && key.state === 'active');
  const next = wasActive && left[0]?.state !== 'active' ? left[0] : undefined;
  return [
    { id, state: 'retired', retiredAt: now },
    ...(next ? [{ id: next.id, state: 'active', activeSince: now } as const] : []),
  ];
};

/** Keys that nobody needs to fall back on any more, once the active one is seen to work. */
export const doneRetiring = <Key extends LivingKey>(keys: readonly Key[], now: Date): Key[] =>
  keys.filter((key) => key.state === 'retiring' && now.getTime() - sinceOf(key) >= retiringMs);

/** Between looks that change nothing: 5 s after the first for a key to be proved, 30 s for a client to work again; then ever longer. */
const pauseOf = (firstMs: number, doublings: number): number =>
  Math.min(5 * minute, firstMs * 2 ** Math.min(Math.max(doublings, 0), 20));

/**
 * When Maskinporten is asked about a client and its keys again; undefined when there is nothing to find out.
 *
 * @param probes looks in a row that changed nothing
 */
export const nextClientLook = ({ keys, stoppedAt }: LivingClient, probes: number, now: Date): Date | undefined => {
  const often = pauseOf(5 * second, probes - 1);
  const pauses = [
    ...(keys.some(({ state }) => state === 'pending') ? [often] : []),
    ...(stoppedAt ? [pauseOf(30 * second, probes)] : []),
    // One whose time is over and is there still: nobody could tell whether the active one works.
    ...keys
      .filter(({ state }) => state === 'retiring')
      .map((key) => Math.max(sinceOf(key) + retiringMs - now.getTime(), often)),
  ];
  return pauses.length === 0 ? undefined : new Date(now.getTime() + Math.min(...pauses));
};
