import type { KeptProblem } from './problem.ts';

/** May we act for this tenant: a token for a scope at Maskinporten, or a consent for a service at Altinn? */
export type Access = {
  tenantId: string;
  id: string;
  kind: 'scope' | 'service';
  name: string;
  state: 'granted' | 'missing' | 'unknown';
  /** Of a scope: what the tenant lacks, as it was last told, also while our own client is refused. */
  problem?: KeptProblem;
  since: Date;
  checkedAt?: Date;
  /** Looks in a row that found it missing. */
  probes: number;
  /** When what is known of the API owner's grant, and of the tenant's delegation, last changed. */
  grantSince?: Date;
  delegationSince?: Date;
  /** When it was last found granted; gone once the tenant or the API's owner has taken it away. */
  grantedAt?: Date;
  /** What our own client met at the last look, which then told nothing of the tenant's access. */
  ownProblem?: KeptProblem;
  /** Somebody asked for a look then, that waits for no turn. */
  wantedAt?: Date;
  /** A turn that was taken and not used yet. */
  turnAt?: Date;
};

/** As much as is known of one of the two things that a token for a scope takes. */
export type Known = 'done' | 'missing' | 'unknown';

/** Has the tenant or the API's owner taken it away, or not given it? Anything else is our own client's trouble. */
export const isTheirs = (problem: Pick<KeptProblem, 'mover'> | undefined): boolean =>
  problem?.mover === 'tenant' || problem?.mover === 'api-owner';

/** Has the API's owner let this tenant use the scope? As we take it, Maskinporten looks at that first, and at the delegation only then. */
export const grantOf = ({ state, problem }: Pick<Access, 'state' | 'problem'>): Known => {
  if (state === 'granted' || problem?.code === 'access-not-delegated') return 'done';
  return problem?.code === 'access-not-granted' ? 'missing' : 'unknown';
};

/** Has the tenant let us use it? Not to be seen before the API's owner has granted it, whichever of them moved first. */
export const delegationOf = ({ state, problem }: Pick<Access, 'state' | 'problem'>): Known => {
  if (state === 'granted') return 'done';
  return problem?.code === 'access-not-delegated' ? 'missing' : 'unknown';
};

/** Has somebody asked for a look that has not been had since? */
export const isWanted = ({ wantedAt, checkedAt }: Pick<Access, 'wantedAt' | 'checkedAt'>): boolean =>
  wantedAt !== undefined && (checkedAt === undefined || checkedAt < wantedAt);

/** What a look found out: nothing is missing, or this is. */
type Found = { problem?: KeptProblem | undefined };

/** Access as it is after a look that was asked at `askedAt` and is noted `now`. */
export const accessAfter = (before: Access, { problem }: Found, askedAt: Date, now: Date): Access => {
  const state = problem ? 'missing' : 'granted';
  const isOurs = problem !== undefined && !isTheirs(problem);
  // What the tenant lacks stays told while our own client is refused.
  const kept = isOurs && isTheirs(before.problem) ? before.problem : problem;
  const { problem: _, ownProblem: __, grantedAt: ___, ...rest } = before;
  const found = { state, ...(kept ? { problem: kept } : {}) } as const;
  const isSame = before.state === state && isTheirs(before.problem) === isTheirs(kept);
  const grantedAt = problem ? (isOurs ? before.grantedAt : undefined) : now;
  return {
    ...rest,
    ...found,
    ...(isOurs ? { ownProblem: problem } : {}),
    ...(grantedAt ? { grantedAt } : {}),
    since: isSame ? before.since : now,
    grantSince: grantOf(before) === grantOf(found) ? (before.grantSince ?? before.since) : now,
    delegationSince: delegationOf(before) === delegationOf(found) ? (before.delegationSince ?? before.since) : now,
    checkedAt: askedAt,
    probes: problem ? before.probes + 1 : 0,
  };
};

/** What no service needs any more is not looked at, and so not known. */
export const forgotten = ({ tenantId, id, kind, name, checkedAt }: Access, now: Date): Access => ({
  tenantId,
  id,
  kind,
  name,
  state: 'unknown',
  since: now,
  ...(checkedAt ? { checkedAt } : {}),
  probes: 0,
});

/** What tenants are told of a change: that access went or came by somebody's doing, and nothing of our own troubles. */
export const accessNews = (before: Access, after: Access): 'access.lost' | 'access.granted' | undefined => {
  if (after.state === 'granted')
    return before.state === 'missing' && isTheirs(before.problem) ? 'access.granted' : undefined;
  return before.grantedAt && !isTheirs(before.problem) && isTheirs(after.problem) ? 'access.lost' : undefined;
};
