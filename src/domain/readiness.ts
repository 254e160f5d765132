import type { ProblemCode } from './problem.ts';

/** What must be in place before a service can be used, in the order it is told. */
export const stepNames = [
  'client',
  'client-key',
  'consent-administration',
  'consent-tokens',
  'data-grant',
  'data-delegation',
  'access-list',
  'redirect-address',
  'webhook',
] as const;
export type StepName = (typeof stepNames)[number];

export const stepMovers = ['tenant', 'api-owner', 'operator', 'nobody'] as const;
export type StepMover = (typeof stepMovers)[number];

/** What told: a token that came or was refused, Altinn's answer to a consent, the operator's own clients, what is set in the hub. */
export const waysToKnow = ['token', 'consent', 'client', 'settings'] as const;

/** One of those things, and whose move it is while it is not in place. */
export type ReadinessStep = {
  step: StepName;
  state: 'done' | 'missing' | 'unknown';
  mover: StepMover;
  text: string;
  /** What the outside answered, where it is missing: pages that speak other languages go by it. */
  reason?: ProblemCode;
  /** Where whoever has to move can do it. */
  link?: string;
  knownBy: (typeof waysToKnow)[number];
  /** The service is not ready because of it. */
  blocks: boolean;
  checkedAt?: Date;
  since: Date;
};

export type ServiceReadiness = { service: string; ready: boolean; steps: ReadinessStep[] };

/** How it stands with each of a tenant's services. */
export type Readiness = { services: ServiceReadiness[] };

/** A service is ready when nothing blocks it. */
export const withVerdict = (service: string, steps: ReadinessStep[]): ServiceReadiness => ({
  service,
  ready: !steps.some(({ blocks }) => blocks),
  steps,
});

/**
 * What is left to be done, the first first: what is known to be missing, or where nothing is, what is not known yet; then what
 * will be missing soon. A webhook is each tenant's own choice.
 */
export const leftToDo = ({ steps }: ServiceReadiness): ReadinessStep[] => {
  const missing = steps.filter(({ state, step }) => state === 'missing' && step !== 'webhook');
  const blocking = missing.filter(({ blocks }) => blocks);
  const unknown = steps.filter(({ blocks, state }) => blocks && state === 'unknown');
  return [...(blocking.length > 0 ? blocking : unknown), ...missing.filter(({ blocks }) => !blocks)];
};

/** One service of one tenant, as the operator's overview tells it. */
export type Standing = {
  tenant: { id: string; orgno: string; name: string; status: string };
  service: string;
  ready: boolean;
  left: ReadinessStep[];
  /** Since when it stands like that: the first thing to be done, or of what was done the latest. */
  since: Date;
};

export type StandingFilter = {
  ready?: boolean | undefined;
  /** Who has anything to do: it then comes first. */
  mover?: StepMover | undefined;
  service?: string | undefined;
};

export const standingOf = (
  tenant: Standing['tenant'],
  readiness: ServiceReadiness,
  { mover }: Pick<StandingFilter, 'mover'> = {},
): Standing => {
  const { service, ready, steps } = readiness;
  const left = leftToDo(readiness).toSorted((a, b) => Number(b.mover === mover) - Number(a.mover === mover));
  const done = steps.filter(({ state }) => state === 'done').map(({ since }) => since.getTime());
  return { tenant, service, ready, left, since: left[0]?.since ?? new Date(Math.max(0, ...done)) };
};

export const isMeant = ({ ready, left, service }: Standing, filter: StandingFilter): boolean =>
  (filter.ready === undefined || filter.ready === ready) &&
  (filter.mover === undefined || left[0]?.mover === filter.mover) &&
  (filter.service === undefined || service === filter.service);
