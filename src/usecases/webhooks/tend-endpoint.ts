import { endpointEvent } from '../../domain/endpoint-health.ts';
import type { Parts } from '../memory.ts';
import type { Work } from '../use-cases.ts';

/**
 * An endpoint's own work: its tenant is told when it began to fail, took something again or was disabled, once each; and
 * what waits for it goes on when it may.
 */
export const tendEndpoint =
  ({ clock, ids, store }: Pick<Parts, 'clock' | 'ids' | 'store'>): Work =>
  async ({ tenantId, subjectId }) => {
    await store.asTenant(tenantId, async (rows) => {
      const news = await rows.endpoints.news(subjectId);
      if (news) await rows.events.append([endpointEvent(ids.uuid(), news)], clock.now());
    });
    const nextAt = await store.asTenant(tenantId, (rows) => rows.endpoints.letGoOn(subjectId, clock.now()));
    return nextAt && { nextAt };
  };
