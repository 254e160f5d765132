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
 * The first thing to be done: what is known to be missing before what is not known yet, and what blocks before what only will.
 * Undefined where all is done that can be.
 */
export const firstStep = ({ steps }: ServiceReadiness): ReadinessStep | undefined =>
  steps.find(({ blocks, state }) => blocks && state === 'missing') ??
  steps.find(({ blocks }) => blocks) ??
  steps.find(({ state, step }) => state === 'missing' && step !== 'webhook');

/** Since when it stands as it does: the first thing to be done, or of what was done the latest. */
export const standsSince = (readiness: ServiceReadiness): Date => {
  const step = firstStep(readiness);
  const done = readiness.steps.filter(({ state }) => state === 'done').map(({ since }) => since.getTime());
  return step?.since ?? new Date(Math.max(0, ...done));
};

/** One service of one tenant, as the operator's overview tells it. */
export type Standing = {
  tenant: { id: string; orgno: string; name: string; status: 'active' | 'suspended' };
  service: string;
  ready: boolean;
  /** The first thing to be done, whether the service waits for it or soon will; none where all is done. */
  step?: ReadinessStep;
  since: Date;
};

export type StandingFilter = {
  ready?: boolean | undefined;
  mover?: StepMover | undefined;
  service?: string | undefined;
};
