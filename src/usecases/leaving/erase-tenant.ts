import { hash } from 'node:crypto';
import { systemEntry } from '../audit.ts';
import type { Parts } from '../memory.ts';
import type { OperatorRows } from '../store-port.ts';
import type { Work } from '../use-cases.ts';

/** In one transaction: short enough that nobody waits for it. */
const bite = 5000;
const forMs = 20_000;

/** Its time may be changed again and again; the last who did have asked for it. */
const mostAsked = 20;

/** Who asked for it: the tenant's audit, which says so, goes too. */
const askers = async (rows: OperatorRows, tenantId: string) =>
  (await rows.audit.list({ tenantId, action: 'tenant.offboarding' }, { limit: mostAsked })).items.map(
    ({ actor, at, details, requestId }) => ({ actor, at: at.toISOString(), details, requestId }),
  );

/**
 * All rows of a tenant that has left go once its time has come, a bite at a time, whatever table they are in. What there was is
 * counted before the first goes, and again in the transaction that takes the last.
 */
export const eraseTenant = (parts: Pick<Parts, 'clock' | 'ids' | 'store' | 'memories' | 'log'>): Work => {
  const { clock, store, memories, log } = parts;
  return async ({ subjectId: id }, signal) => {
    const now = clock.now();
    const tenant = await store.asOperator((rows) => rows.tenants.find(id));
    const { offboardingAt, offboardedAt, eraseAt } = tenant ?? {};
    // Erased already, or not on its way after all.
    if (!tenant || !offboardingAt || !offboardedAt || !eraseAt) return undefined;
    // Somebody gave it more time.
    if (eraseAt > now) return { nextAt: eraseAt };
    await store.asOperator(async (rows) => {
      const orgnoDigest = hash('sha256', `${id}:${tenant.orgno}`, 'buffer');
      const before = await rows.leaving.count(id);
      if (!(await rows.leaving.findErased(id))) {
        const details = { askedBy: await askers(rows, id) };
        await rows.audit.add(systemEntry(parts, 'erasure', 'tenant.erasing', id, details));
      }
      await rows.leaving.startErasure({ id, orgnoDigest, offboardingAt, offboardedAt, startedAt: now, before });
    });
    const startedAt = performance.now();
    while ((await store.asOperator((rows) => rows.leaving.eraseSome(id, now, bite))) === bite)
      if (signal.aborted || performance.now() - startedAt > forMs) return { nextAt: clock.now() };
    await store.asOperator(async (rows) => {
      await rows.leaving.eraseLast(id, now);
      await rows.audit.add(systemEntry(parts, 'erasure', 'tenant.erased', id));
    });
    memories.forget();
    log.info({ tenantId: id }, 'erased');
    return undefined;
  };
};
