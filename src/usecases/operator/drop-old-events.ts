import type { Parts } from '../memory.ts';

/** In one transaction: short enough that nobody waits for it. */
const bite = 2000;
const minute = 60_000;

/**
 * Events that are older than is agreed go, with their deliveries, from the oldest end and a bite at a time, by turns over
 * tenants. Answers how many rows went, and when to come back where `signal` or `forMs` ended it before all had.
 */
export const dropOldEvents = async (
  { store, settings }: Pick<Parts, 'store' | 'settings'>,
  now: Date,
  signal: AbortSignal,
  forMs: number,
) => {
  const before = new Date(now.getTime() - settings.keepEventsMs);
  const startedAt = performance.now();
  const gone = { events: 0, webhook_deliveries: 0, webhook_attempts: 0 };
  let left = await store.asOperator((rows) => rows.oldEvents.tenants(before));
  const isOver = () => signal.aborted || performance.now() - startedAt > forMs;
  while (left.length > 0 && !isOver()) {
    const more: string[] = [];
    for (const tenantId of left) {
      if (isOver()) {
        more.push(tenantId);
        continue;
      }
      const dropped = await store.asOperator((rows) => rows.oldEvents.drop(tenantId, before, now, bite));
      for (const table of ['events', 'webhook_deliveries', 'webhook_attempts'] as const) gone[table] += dropped[table];
      if (dropped.events === bite) more.push(tenantId);
    }
    left = more;
  }
  return { gone, ...(left.length > 0 ? { againAt: new Date(now.getTime() + minute) } : {}) };
};
