import { systemEntry } from '../audit.ts';
import { changeConsent } from '../consents/change-consent.ts';
import { nobodysTenant } from '../jobs.ts';
import type { Parts } from '../memory.ts';
import type { Work } from '../use-cases.ts';
import { newSigner, secretPlace } from '../webhooks/secrets.ts';

/** In one run; the rest at once in another. */
const forMs = 20_000;
const bite = 100;
/** What Altinn 2 is to take back is waited for so long: who has taken the hub's rights away lets nobody give back anything. */
const giveBackForMs = 3 * 24 * 60 * 60 * 1000;
const soonestMs = 2000;
const latestMs = 15 * 60_000;
/** The longer it has taken, the longer it may take. */
const nextLook = (since: Date, now: Date): Date =>
  new Date(now.getTime() + Math.min(latestMs, Math.max(soonestMs, (now.getTime() - since.getTime()) / 2)));

/**
 * Stops what a tenant that leaves still has under way: nothing is delivered any more, its consents are withdrawn, and what
 * Altinn 2 can take back is taken back there. Each step looks first, so that it is begun again wherever it broke off.
 */
export const offboardTenant = (
  parts: Pick<Parts, 'clock' | 'ids' | 'store' | 'sealing' | 'memories' | 'settings' | 'log'>,
): Work => {
  const { clock, store, sealing, log } = parts;
  const change = changeConsent(parts);

  const retireEndpoints = (tenantId: string) =>
    store.asTenant(tenantId, async (rows) => {
      for (const endpoint of await rows.endpoints.lock()) {
        const { signing, secret, publicKey } = newSigner(endpoint.signing);
        const sealed = sealing.seal(secretPlace(tenantId, endpoint.id), secret);
        const fresh = { signing, secret: sealed, ...(publicKey === undefined ? {} : { publicKey }) };
        await rows.endpoints.retire(endpoint, fresh, clock.now());
      }
    });

  /** Their links lead nowhere since it began; now they say so. */
  const withdrawInvitations = (tenantId: string) =>
    store.asTenant(tenantId, async (rows) => {
      for (const { id } of await rows.invitations.list()) {
        const invitation = await rows.invitations.lock(id);
        if (invitation && !invitation.withdrawnAt)
          await rows.invitations.save({ ...invitation, withdrawnAt: clock.now() });
      }
    });

  /** Answers whether all have ended. */
  const withdrawAll = async (tenantId: string, signal: AbortSignal): Promise<boolean> => {
    const startedAt = performance.now();
    for (;;) {
      const open = await store.asOperator((rows) => rows.leaving.open(tenantId, bite));
      if (open.length === 0) return true;
      for (const id of open) {
        if (signal.aborted || performance.now() - startedAt > forMs) return false;
        await store.asTenant(tenantId, async (rows) => {
          const before = await rows.consents.lock(id);
          if (!before) return;
          const mayBeAtAltinn = await rows.consents.mayBeAtAltinn(id);
          await change(rows, id, { kind: 'withdrawn', mayBeAtAltinn });
        });
      }
    }
  };

  return async ({ subjectId: id }, signal) => {
    const tenant = await store.asOperator((rows) => rows.tenants.find(id));
    if (tenant?.status !== 'offboarding' || !tenant.offboardingAt || !tenant.eraseAt) return undefined;
    await retireEndpoints(id);
    await withdrawInvitations(id);
    if (!(await withdrawAll(id, signal))) return { nextAt: clock.now() };
    const { offboardingAt, eraseAt } = tenant;
    const now = clock.now();
    const left = await store.asOperator((rows) => rows.leaving.countToGiveBack(id));
    if (left > 0 && now.getTime() - offboardingAt.getTime() < giveBackForMs)
      return { nextAt: nextLook(offboardingAt, now) };
    const openAtAltinn = await store.asOperator(async (rows) => {
      const open = await rows.leaving.countLeftOpen(id);
      await rows.leaving.finish(id, now);
      await rows.outbox.owe('erase-tenant', nobodysTenant, id, eraseAt, now);
      const entry = systemEntry(parts, 'off-boarding', 'tenant.offboarded', id, { openAtAltinn: open });
      await rows.audit.add({ ...entry, tenantId: id });
      return open;
    });
    log.info({ tenantId: id, openAtAltinn, eraseAt }, 'off-boarded');
    return undefined;
  };
};
