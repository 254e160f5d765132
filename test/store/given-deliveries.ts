import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { NewEvent } from '../../src/domain/event.ts';
import { judge } from '../../src/domain/webhook.ts';
import type { DueDelivery } from '../../src/usecases/delivery-port.ts';
import type { HandOut } from '../../src/usecases/outbox-port.ts';
import { type GivenStore, givenStore, givenTenant, later, now } from './given-store.ts';

const job = 'deliver-webhook';

/** A tenant with endpoints and events, and a worker by hand: what it claims, it is told of; what it says, is recorded. */
export const givenDeliveries = async () => {
  const store: GivenStore = await givenStore();
  const login = new pg.Pool({ connectionString: store.database.adminUrl, max: 2 });
  const tenantId = await givenTenant(store);
  const rows = async <R extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<R[]> =>
    (await login.query<R>(text, values)).rows;
  const claim = async (at = now, places = 1000): Promise<HandOut[]> =>
    (await store.outbox.claim(job, at, 60_000, { places, share: places, after: undefined, out: [], young: [] }))
      .handOuts;
  return {
    store,
    tenantId,
    rows,
    claim,
    async endpoint(change: { ratePerSecond?: number } = {}, ofTenant = tenantId): Promise<string> {
      const id = randomUUID();
      const endpoint = { id, url: `https://bank.example/${id}`, events: [], createdAt: now, updatedAt: now, ...change };
      const health = { failuresInARow: 0, pending: 0, held: 0 };
      await store.asTenant(ofTenant, (at) =>
        at.endpoints.add({ ...endpoint, status: 'enabled', health, signing: 'v1', secret: Buffer.from('s') }),
      );
      return id;
    },
    /** Of these consents, in this order; their ids. */
    async events(consents: (string | undefined)[], at = now, ofTenant = tenantId): Promise<string[]> {
      const events = consents.map(
        (consentId): NewEvent => ({
          id: randomUUID(),
          type: consentId === undefined ? 'access.lost' : 'consent.accepted',
          data: {} as never,
          ...(consentId === undefined ? {} : { consentId }),
        }),
      );
      await store.asTenant(ofTenant, (rows) => rows.events.append(events, at));
      return events.map(({ id }) => id);
    },
    due: (lane: string, at = now) => store.dueDelivery(tenantId, lane, at),
    /** What the lane's next delivery was answered, as the worker would note it. */
    async answered(
      handOut: HandOut,
      answer: Parameters<typeof judge>[0],
      at = now,
      delivery?: DueDelivery,
    ): Promise<boolean> {
      const found = delivery ?? (await store.dueDelivery(handOut.tenantId, handOut.subjectId, at));
      const tried = 'verdict' in found ? ('delivery' in found ? found.delivery : undefined) : found;
      if (!tried) throw new Error(`nothing to send: ${JSON.stringify(found)}`);
      const number = tried.attempts + 1;
      const judged = judge(answer, { attempts: number, createdAt: tried.createdAt }, [5000, 60_000], at, 0.5);
      const attempt = {
        number,
        at,
        durationMs: 7,
        ...(answer.status === undefined ? {} : { httpStatus: answer.status }),
      };
      return store.recordAttempt(handOut, tried, attempt, judged, at);
    },
    /** What an endpoint's own work does; answers when it looks again. */
    tend: (id: string, at = now) => store.asTenant(tenantId, (rows) => rows.endpoints.letGoOn(id, at)),
    statuses: async () =>
      (await rows<{ status: string }>('select status from webhook_deliveries order by sequence, id')).map(
        ({ status }) => status,
      ),
    later,
    async close() {
      await login.end();
      await store.close();
    },
  };
};

export type GivenDeliveries = Awaited<ReturnType<typeof givenDeliveries>>;
