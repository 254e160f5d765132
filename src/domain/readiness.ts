/** One thing that must be in place before a service can be used, and whose move it is while it is not. */
export type ReadinessStep = {
  step: string;
  state: 'done' | 'missing' | 'unknown';
  mover: 'tenant' | 'api-owner' | 'operator' | 'nobody';
  text: string;
  link?: string;
  checkedAt?: Date;
  since: Date;
};

/** How it stands with each of a tenant's services. */
export type Readiness = { services: { service: string; ready: boolean; steps: ReadinessStep[] }[] };
