import type { ProblemCode } from './problem.ts';

/** One thing that must be in place before a service can be used, and whose move it is while it is not. */
export type ReadinessStep = {
  step: string;
  state: 'done' | 'missing' | 'unknown';
  mover: 'tenant' | 'api-owner' | 'operator' | 'nobody';
  text: string;
  /** What the outside answered, where it is missing: pages that speak other languages go by it. */
  reason?: ProblemCode;
  link?: string;
  checkedAt?: Date;
  since: Date;
};

/** How it stands with each of a tenant's services. */
export type Readiness = { services: { service: string; ready: boolean; steps: ReadinessStep[] }[] };
