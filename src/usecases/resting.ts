import { type JobName, nobodysTenant } from './jobs.ts';
import type { Parts } from './memory.ts';
import type { Tenant, Work } from './use-cases.ts';

/** Whatever becomes of the tenant, a person's number goes when its time has come. */
const neverRests: readonly JobName[] = ['erase-consent'];
/** While a tenant leaves, what was withdrawn in its name is taken back at Altinn 2. */
const whileLeaving: readonly JobName[] = ['read-consent'];

const rests = (job: JobName, status: Tenant['status'] | undefined): boolean =>
  status !== undefined && status !== 'active' && !(status === 'offboarding' && whileLeaving.includes(job));

/** Work of a suspended tenant rests, whatever it is; `resume` makes it due at once. The operator's own never does. */
export const resting = (
  { store, memories }: Pick<Parts, 'store' | 'memories'>,
  works: Record<JobName, Work>,
): Record<JobName, Work> => {
  const isAtRest = async (job: JobName, tenantId: string): Promise<boolean> => {
    if (tenantId === nobodysTenant || !rests(job, (await memories.tenant.get(tenantId))?.tenant.status)) return false;
    // What is remembered may be a moment old, and work that was just resumed would rest again.
    return rests(job, (await store.asTenant(tenantId, (rows) => rows.tenant())).status);
  };
  const guarded = (job: JobName, work: Work): Work =>
    neverRests.includes(job)
      ? work
      : async (subject, signal) => ((await isAtRest(job, subject.tenantId)) ? { rests: true } : work(subject, signal));
  return Object.fromEntries(Object.entries(works).map(([job, work]) => [job, guarded(job as JobName, work)])) as Record<
    JobName,
    Work
  >;
};
