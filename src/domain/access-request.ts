import type { KeptProblem } from './problem.ts';

/** What the other side calls it, in lower case, and two of our own: it is on its way there, and it will come to nothing. */
export const accessRequestStatuses = [
  'queued',
  'created',
  'unopened',
  'opened',
  'accepted',
  'rejected',
  'failed',
] as const;
export type AccessRequestStatus = (typeof accessRequestStatuses)[number];
/** As the other side says it. */
export type AskedStatus = Exclude<AccessRequestStatus, 'queued' | 'failed'>;

/** A tenant's administrators were asked by API to delegate something to the operator. */
export type AccessRequest = {
  id: string;
  /** What is to be delegated, as it is called there. */
  service: string;
  scopes: string[];
  status: AccessRequestStatus;
  upstreamId?: string;
  problem?: KeptProblem;
  createdAt: Date;
  updatedAt: Date;
};

export const isOpen = ({ status }: Pick<AccessRequest, 'status'>): boolean =>
  status !== 'accepted' && status !== 'rejected' && status !== 'failed';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Often while somebody may be at it, seldom later (age at most, then next look after). */
const looks: readonly (readonly [number, number])[] = [
  [hour, minute],
  [day, 15 * minute],
  [90 * day, 2 * hour],
];

/** When it is to be looked at next; undefined when it will not be answered any more. */
export const nextLookAt = ({ createdAt }: Pick<AccessRequest, 'createdAt'>, now: Date): Date | undefined => {
  const age = now.getTime() - createdAt.getTime();
  const pause = looks.find(([most]) => age < most)?.[1];
  return pause === undefined ? undefined : new Date(now.getTime() + pause);
};
