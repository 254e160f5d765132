import { randomBytes } from 'node:crypto';
import { Problem } from '../../src/domain/problem.ts';
import { randomIds } from '../../src/lib/ids.ts';
import { openLog } from '../../src/lib/log.ts';
import { sealingRing } from '../../src/lib/seal.ts';
import type { OpenStore } from '../../src/store/open-store.ts';
import { changeConsent } from '../../src/usecases/consents/change-consent.ts';
import { lookAtConsent } from '../../src/usecases/consents/look-at-consent.ts';
import { keepPage } from '../../src/usecases/consents/read-feed.ts';
import { returnFromAltinn } from '../../src/usecases/consents/return-from-altinn.ts';
import { stateDigest } from '../../src/usecases/consents/state.ts';
import { openMemories, type Parts } from '../../src/usecases/memory.ts';
import type { HandOut } from '../../src/usecases/outbox-port.ts';
import type { Store } from '../../src/usecases/store-port.ts';
import type { Tenant } from '../../src/usecases/use-cases.ts';
import { givenDraft } from '../store/given-store.ts';
import { rowsOf } from '../usecases/rows.ts';
import type { Chance } from './chance.ts';
import { openPretendAltinn } from './pretend-altinn.ts';

export const day = 86_400_000;
const redirectUrl = 'https://bank.example/done';

/** The process was killed there. */
class Killed extends Error {}

/** A store of a process that dies in its next transaction: just before its commit, or just after. */
const dyingIn = (store: Store, when: 'before' | 'after'): Store => ({
  ...store,
  async asTenant(tenantId, work) {
    await store.asTenant(tenantId, async (rows) => {
      await work(rows);
      if (when === 'before') throw new Killed('killed before the commit');
    });
    throw new Killed('killed after the commit');
  },
});

type Process = { parts: Parts; dying: Parts };

/** The part of a hub's process that senses need; two of them share one database, one clock and one pretend Altinn. */
export const openSenses = async (
  { stores, database }: { stores: readonly [OpenStore, OpenStore]; database: { adminUrl: string } },
  chance: Chance,
  clock: { now(): Date },
) => {
  const altinn = openPretendAltinn(chance);
  const sealing = sealingRing([{ id: 'test', key: randomBytes(32) }]);
  const now = clock.now();
  const tenantId = randomIds.uuid();
  const hmacKey = sealing.seal({ tenantId, table: 'tenants', column: 'hmac_key', row: tenantId }, randomBytes(32));
  const orgno = String(chance.whole(100_000_000, 999_999_999));
  const tenant: Tenant = {
    ...{ id: tenantId, orgno, name: 'Bank', status: 'active', redirectUrls: [redirectUrl], services: [] },
    ...{ expiringDays: 3, createdAt: now, updatedAt: now },
  };
  await stores[0].asOperator((rows) => rows.tenants.add(tenant, hmacKey));

  const partsWith = (store: Store, notices: OpenStore['notices']): Parts => {
    const log = openLog('silent');
    // Deaf, so that nothing holds on to those of a thousand orders: nothing they remember changes meanwhile.
    const memories = openMemories({ clock, store, sealing, notices: { ...notices, on: () => () => undefined } });
    const settings = { eraseAfterMs: 900 * day, readBudget: { perTenant: 5, perSecond: 50 }, production: true };
    const shared = { clock, ids: randomIds, log, store, notices, sealing, memories, settings };
    // What looks, returns and pages do not touch is not there.
    return { ...shared, altinn3: altinn.altinn3, readMetrics: { consentRead: () => {} } } as unknown as Parts;
  };
  const processes = stores.map(
    (store): Process => ({
      parts: partsWith(store, store.notices),
      dying: partsWith(dyingIn(store, chance.oneOf(['before', 'after'])), store.notices),
    }),
  ) as [Process, Process];
  const [{ parts }] = processes;

  const look = (by: Parts) =>
    lookAtConsent(by, async () => ({ id: randomIds.uuid(), token: 'token', expiresAt: now, fetchedAt: clock.now() }));

  /** As `src/queues/start-workers.ts` does it, but for who says when. */
  const run = async (by: Parts, handOut: HandOut, isNoted: boolean): Promise<void> => {
    const { outbox } = stores[0];
    try {
      const next = await look(by)(handOut, AbortSignal.timeout(60_000));
      if (isNoted) await outbox.settle('read-consent', handOut, next && 'nextAt' in next ? next.nextAt : undefined);
    } catch (error) {
      if (error instanceof Killed) return;
      // Whatever else went wrong is for the test to know.
      if (!(error instanceof Problem) || error.code !== 'altinn-unavailable') throw error;
      await outbox.fail('read-consent', handOut, new Date(clock.now().getTime() + 5000), 'altinn-unavailable');
    }
  };

  return {
    altinn,
    processes,
    /** A consent that Altinn has, and the state its browser comes back with. */
    async ask(validTo: Date): Promise<{ id: string; state: string }> {
      const [draft, state] = [givenDraft({ validTo, redirectUrl }), randomIds.secret(128)];
      await stores[0].createConsent(tenantId, draft, clock.now());
      await stores[0].goesOut(tenantId, draft.id, stateDigest(state), clock.now());
      altinn.knows(draft.id);
      return { id: draft.id, state };
    },
    submitted: (by: Parts, id: string) =>
      by.store.asTenant(tenantId, (rows) =>
        changeConsent(by)(rows, id, { kind: 'submitted', approvalUrl: 'https://am.ui.example/request' }),
      ),
    withdraw: (by: Parts, id: string) =>
      by.store.asTenant(tenantId, (rows) => changeConsent(by)(rows, id, { kind: 'withdrawn', mayBeAtAltinn: true })),
    comesBack: (by: Parts, state: string) => returnFromAltinn(by)(state),
    /** Everything that is due, handed out once; leases that short lapse while it runs. */
    claim: async (leaseMs: number): Promise<HandOut[]> => {
      const places = { places: 1000, share: 1000, after: undefined, out: [], young: [] };
      return (await stores[1].outbox.claim('read-consent', clock.now(), leaseMs, places)).handOuts;
    },
    run,
    /** One page of the tenant's feed, from any place of it. */
    async feedPage(by: Parts, from: number, many: number): Promise<void> {
      const news = altinn.feed.slice(from, from + many).map(({ id, status, at }) => ({ consentId: id, status, at }));
      await keepPage(by)(tenantId, { news }, clock.now());
    },
    /** Leases of whoever was killed end. */
    lapse: () => rowsOf(database, `update outbox set leased_until = null where tenant_id = $1`, [tenantId]),
    owed: () => rowsOf(database, `select due_at from outbox where tenant_id = $1 and job = 'read-consent'`, [tenantId]),
    isKilled: (error: unknown) => error instanceof Killed,
    events: async () => (await parts.store.readEvents(tenantId, 0, 1000)).items,
  };
};

export type Senses = Awaited<ReturnType<typeof openSenses>>;
