import { nobodysTenant } from '../jobs.ts';
import type { Parts } from '../memory.ts';
import type { Work } from '../use-cases.ts';

const hour = 60 * 60 * 1000;

/** Once an hour, by one worker: rows that nobody can need any more go. */
export const tidy =
  ({ clock, store, log }: Pick<Parts, 'clock' | 'store' | 'log'>): Work =>
  async () => {
    const gone = await store.asOperator((rows) => rows.tidy(clock.now()));
    log.info({ gone }, 'tidied');
    return { nextAt: new Date(clock.now().getTime() + hour) };
  };

/** Each worker that starts makes sure that tidying is owed. */
export const oweTidying = ({ clock, store }: Pick<Parts, 'clock' | 'store'>): Promise<void> =>
  store.asOperator((rows) => rows.outbox.owe('tidy', nobodysTenant, nobodysTenant, clock.now(), clock.now()));
